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
    /// How far a shift may set a layer from the moment at which its packet was captured, to be true.
    private static let alignmentTolerance: Duration = .milliseconds(500)

    /// Where the timestamps of another layer of the same picture belong, in a stream beside this one.
    ///
    /// - Parameters:
    ///   - packet: the first one of the other layer.
    ///   - shift: how its timestamps lie to those of the source here; where that is not known, or makes no sense, the time
    ///     between the moments of capture tells.
    /// - Returns: `nil` where nothing has been forwarded here.
    package func alignment(of packet: ReceivedPacket, shift: TimestampShift?) -> TimestampAlignment? {
        guard let head = newest else { return nil }
        let header = packet.header
        let passed = configuration.clock.ticks(in: packet.capturedAt - head.capturedAt)
        let expected = head.timestamp &+ UInt32(truncatingIfNeeded: passed)
        let tolerance = configuration.clock.ticks(in: Self.alignmentTolerance)
        if let shift, let own = sourceAlignment, shift.from == own.ssrc, shift.to == header.ssrc {
            let ticks = shift.ticks &+ own.ticks
            if Int32(bitPattern: header.timestamp &+ ticks &- expected).magnitude <= tolerance {
                return TimestampAlignment(ssrc: header.ssrc, ticks: ticks)
            }
        }
        return TimestampAlignment(ssrc: header.ssrc, ticks: expected &- header.timestamp)
    }

    /// Where the timestamps lie of the source that is being forwarded, or was before a pause.
    var sourceAlignment: TimestampAlignment? {
        hasCurrent ? TimestampAlignment(ssrc: current.ssrc, ticks: current.alignedOffset) : alignment
    }
}
