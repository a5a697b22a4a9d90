// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What a viewer can show of the frames that it is sent: each needs all of its packets and the frame before it, but a key
/// frame needs none.
struct FrameLog {
    /// A frame that could be shown.
    struct Shown: Hashable {
        let number: Int
        let isKeyFrame: Bool
        let at: MonotonicTime
    }

    private struct Frame {
        var parts: Set<Int> = []
        var count: Int
        var isKeyFrame: Bool

        var isComplete: Bool { parts.count == count }
    }

    /// The layer that it shows; others are not there for it.
    let layer: Int
    /// The frames that were shown, in their order.
    private(set) var shown: [Shown] = []
    /// When the first packet came.
    private(set) var beganAt: MonotonicTime?
    private var frames: [Int: Frame] = [:]
    /// The frame that is to be shown next; `nil` before the first key frame.
    private var next: Int?

    init(layer: Int) {
        self.layer = layer
    }

    /// Takes a packet.
    mutating func receive(_ payload: [UInt8], at now: MonotonicTime) {
        if beganAt == nil { beganAt = now }
        let part = FrameSource.part(payload)
        guard part.layer == layer else { return }
        var frame = frames[part.frame] ?? Frame(count: part.count, isKeyFrame: part.isKeyFrame)
        frame.parts.insert(part.index)
        frames[part.frame] = frame
        guard frame.isComplete else { return }
        if frame.isKeyFrame, next.map({ part.frame > $0 }) ?? true { next = part.frame }
        while let number = next, let frame = frames[number], frame.isComplete {
            shown.append(Shown(number: number, isKeyFrame: frame.isKeyFrame, at: now))
            next = number + 1
        }
    }

    /// How many of these frames came with all their packets.
    func completeCount(in numbers: Range<Int>) -> Int { numbers.count { frames[$0]?.isComplete == true } }

    /// How many of these frames could be shown.
    func shownCount(in numbers: Range<Int>) -> Int { shown.count { numbers.contains($0.number) } }

    /// The longest time between two shown frames, from the first of some frames on.
    func longestFreeze(in numbers: Range<Int>) -> Duration {
        let moments = shown.filter { $0.number >= numbers.lowerBound - 1 && $0.number <= numbers.upperBound }.map(\.at)
        return zip(moments, moments.dropFirst()).map { $1 - $0 }.max() ?? .seconds(3_600)
    }

    /// When the last frame was shown, or the first packet came.
    var lastProgress: MonotonicTime? { shown.last?.at ?? beganAt }
}
