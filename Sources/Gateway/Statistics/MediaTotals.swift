// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Synchronization

/// What the streams of all broadcasts have done since the process began, by direction and kind; never falls.
final class MediaTotals: Sendable {
    /// A stream at the end of a second, and as it was before.
    struct Step: Sendable {
        var stream: StreamState
        var former: StreamCounts
    }

    /// What is told apart.
    struct Group: Hashable, Sendable {
        var direction: MediaDirection
        var kind: MediaKind

        /// All that there are.
        static let all = MediaDirection.allCases.flatMap { direction in
            [MediaKind.audio, .video].map { Group(direction: direction, kind: $0) }
        }
    }

    /// The counts of a group.
    struct Counts: Hashable, Sendable {
        var packets: UInt64 = 0
        var octets: UInt64 = 0
        var lost: UInt64 = 0
        var recovered: UInt64 = 0
        var retransmitted: UInt64 = 0
        var discarded: UInt64 = 0
        var frames: UInt64 = 0
        var keyFrames: UInt64 = 0
        var nacks: UInt64 = 0
        var keyFrameRequests: UInt64 = 0
    }

    private let counts = Mutex<[Group: Counts]>([:])

    /// The counts of a group so far.
    subscript(_ group: Group) -> Counts { counts.withLock { $0[group] ?? Counts() } }

    /// Adds what streams have done in a second.
    func add(_ steps: [Step]) {
        counts.withLock { counts in
            for step in steps {
                let group = Group(direction: step.stream.key.side.direction, kind: step.stream.kind)
                counts[group, default: Counts()].add(from: step.former, to: step.stream.counts)
            }
        }
    }
}

extension MediaTotals.Counts {
    /// Adds the difference; where the counts went back, the stream has begun anew.
    fileprivate mutating func add(from former: StreamCounts, to present: StreamCounts) {
        let former = former.packets > present.packets ? StreamCounts() : former
        func step(_ count: (StreamCounts) -> UInt64) -> UInt64 {
            count(present) - min(count(former), count(present))
        }
        packets += step(\.packets)
        octets += step(\.octets)
        lost += UInt64(max(0, present.lost - former.lost))
        recovered += step(\.recovered)
        retransmitted += step(\.retransmitted)
        discarded += step(\.discarded)
        frames += step(\.frames.frames)
        keyFrames += step(\.frames.keyFrames)
        nacks += step(\.feedback.nacks)
        keyFrameRequests += step(\.feedback.keyFrameRequests)
    }
}
