// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
internal import RTCDriver
internal import Synchronization

/// Plays one track of a clip in a loop.
///
/// Timestamps run on from one turn of the loop to the next, and audio and video that are started at one moment stay in
/// step, since each packet's time is reckoned from the start and never from the packet before it. A late call gets what
/// has become due meanwhile and no more; after a pause of over a second, what was missed is left out and playing goes on
/// with the next key frame that is due.
///
/// A request for a key frame is only counted: what is encoded can't be encoded again, and a jump to the next key frame
/// would put picture and sound out of step and tear a hole into the picture's numbers. The sample clip has a key frame
/// at each second, so the next one comes as soon as any other encoder without feedback would send it.
package struct ClipSource: MediaSource {
    /// What sources have met, for those who want to know; several sources may share it.
    package final class Counters: Sendable {
        private let skippedCount = Atomic<UInt64>(0)
        private let keyFrameRequestCount = Atomic<UInt64>(0)

        /// Makes counters that stand at zero.
        package init() {}

        /// Packets left out because the worker was too late for them.
        package var skipped: UInt64 { skippedCount.load(ordering: .relaxed) }
        /// Wishes for a key frame.
        package var keyFrameRequests: UInt64 { keyFrameRequestCount.load(ordering: .relaxed) }

        func addSkipped(_ count: Int) { skippedCount.add(UInt64(count), ordering: .relaxed) }
        func addKeyFrameRequest() { keyFrameRequestCount.add(1, ordering: .relaxed) }
    }

    /// How late a packet may be sent; what is later is left out.
    package static let patience: Duration = .seconds(1)

    private let track: Clip.Track
    private let payloads: [UInt8]
    private let payloadType: UInt8
    private let counters: Counters?
    private let loopNanoseconds: UInt64

    /// The begin of the present turn of the loop; `nil` before the start.
    private var turn: MonotonicTime?
    /// The timestamp of that begin.
    private var turnTimestamp: UInt32
    private var sequenceNumber: UInt16
    private var index = 0
    /// When the packet at `index` is due; `nil` before the start, and where the clip has no such track.
    package private(set) var deadline: MonotonicTime?

    /// Makes a source that begins with the clip's first packet.
    ///
    /// - Parameters:
    ///   - clip: what to play.
    ///   - kind: which of its tracks.
    ///   - payloadType: the payload type that was agreed on.
    ///   - counters: where to count what happens.
    ///   - generator: gives the first sequence number and timestamp.
    package init(
        _ clip: Clip,
        _ kind: MediaKind,
        payloadType: UInt8,
        counters: Counters? = nil,
        using generator: inout some RandomNumberGenerator
    ) {
        track = clip.track(kind)
        payloads = clip.payloads
        self.payloadType = payloadType
        self.counters = counters
        loopNanoseconds = track.nanoseconds(track.length)
        turnTimestamp = .random(in: .min ... .max, using: &generator)
        // Far from the wrap, so that a loss there can't mislead the receiver's roll-over counter (RFC 3711 §3.3.1).
        sequenceNumber = .random(in: 0..<32_768, using: &generator)
    }

    package mutating func start(at now: MonotonicTime) {
        turn = now
        updateDeadline()
    }

    package mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard var due = deadline, due <= now else { return nil }
        if now - due > Self.patience {
            skip(to: now)
            guard let next = deadline, next <= now else { return nil }
            due = next
        }
        let packet = track.packets[index]
        let start = Int(packet.start)
        payload.append(contentsOf: payloads.span.bytes.extracting(start..<start + Int(packet.count)))
        let outgoing = OutgoingRTP(
            payloadType: payloadType,
            marker: packet.marker,
            sequenceNumber: sequenceNumber,
            timestamp: turnTimestamp &+ packet.timestamp
        )
        sequenceNumber &+= 1
        step()
        updateDeadline()
        return outgoing
    }

    package mutating func keyFrameRequested(at now: MonotonicTime) { counters?.addKeyFrameRequest() }

    /// Goes to the next packet, at the end to the first one of the next turn.
    private mutating func step() {
        index += 1
        if index == track.packets.count { beginTurn(after: 1) }
    }

    private mutating func beginTurn(after turns: UInt64) {
        index = 0
        turn = turn.map { MonotonicTime(nanoseconds: $0.nanoseconds &+ turns &* loopNanoseconds) }
        turnTimestamp &+= UInt32(truncatingIfNeeded: turns &* UInt64(track.length))
    }

    /// Leaves out what should have been sent before now, up to a packet that playing can begin with.
    private mutating func skip(to now: MonotonicTime) {
        guard let begin = turn else { return }
        var skipped = 0
        let turns = (now.nanoseconds - begin.nanoseconds) / loopNanoseconds
        if turns > 0 {
            skipped += track.packets.count - index + Int(turns - 1) * track.packets.count
            beginTurn(after: turns)
        }
        // Every track begins with an entry point, so this ends with the next turn at the latest.
        updateDeadline()
        while let due = deadline, due < now || !track.packets[index].isEntryPoint {
            skipped += 1
            step()
            updateDeadline()
        }
        counters?.addSkipped(skipped)
    }

    private mutating func updateDeadline() {
        guard let turn, !track.packets.isEmpty else {
            deadline = nil
            return
        }
        let offset = track.nanoseconds(track.packets[index].timestamp)
        deadline = MonotonicTime(nanoseconds: turn.nanoseconds &+ offset)
    }
}
