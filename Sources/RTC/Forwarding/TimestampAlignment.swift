// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Where the timestamps of one source lie in an outgoing stream: layers that go out beside each other share one timebase.
package struct TimestampAlignment: Hashable, Sendable, BitwiseCopyable {
    /// The source.
    package var ssrc: UInt32
    /// What is added to its timestamps.
    package var ticks: UInt32

    /// Makes an alignment.
    ///
    /// - Parameters:
    ///   - ssrc: the source.
    ///   - ticks: what is added to its timestamps.
    package init(ssrc: UInt32, ticks: UInt32) {
        self.ssrc = ssrc
        self.ticks = ticks
    }
}

extension TrackForwarder {
    /// Moments that are to be the same may seem so far apart: by what pictures of one layer take longer than others.
    private static let sameMoment: Duration = .milliseconds(500)

    /// Where the timestamps of another layer of the same picture belong, in a stream beside this one.
    ///
    /// The sender's reports tell, where there are some of both. Else layers that count from one base show it by equal
    /// timestamps at one time: OBS counts all of its own from zero and reports of one at a time (WHIP page A1). Else
    /// the time that passed tells.
    ///
    /// - Parameters:
    ///   - packet: the first one of the other layer.
    ///   - shift: how its timestamps lie to the present source's by the sender's reports.
    ///   - now: the present moment.
    /// - Returns: `nil` where nothing is being forwarded here.
    package func alignment(
        of packet: ReceivedPacket,
        shift: TimestampShift?,
        at now: MonotonicTime
    ) -> TimestampAlignment? {
        guard hasCurrent else { return nil }
        let header = packet.header
        let expected = head.timestamp &+ elapsedTicks(now)
        let tolerance = configuration.clock.ticks(in: Self.sameMoment)
        let isReported = shift.map { $0.from == current.ssrc && $0.to == header.ssrc } ?? false
        let reported = isReported ? shift.map { $0.ticks &+ current.alignedOffset } : nil
        for ticks in [reported, current.alignedOffset] {
            guard let ticks, Int32(bitPattern: header.timestamp &+ ticks &- expected).magnitude <= tolerance else {
                continue
            }
            return TimestampAlignment(ssrc: header.ssrc, ticks: ticks)
        }
        return TimestampAlignment(ssrc: header.ssrc, ticks: expected &- header.timestamp)
    }
}
