// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much a peer may send, by the send times in its packets and the moments of their arrival (abs-send-time and REMB).
///
/// The delays and their consequences are those of `SendSideEstimate`, seen from the other end.
package struct ReceiveSideEstimate: Sendable, BitwiseCopyable {
    /// The bits per second to begin with.
    package static let initialBitrate = 600_000.0
    /// How often the estimate is made anew.
    private static let interval: Duration = .milliseconds(100)
    /// The clock of a sender that tells more, some twelve days, is begun anew.
    private static let latestSendTime: Int64 = 1 << 38
    /// A fall by more than this part is told at once.
    private static let urgentFall = 0.97

    private var trend = DelayTrend()
    private var control = RateControl(bitrate: Self.initialBitrate)
    private var arriving = RateWindow()
    private var newestSent: Int64?
    private var updatedAt: MonotonicTime?
    private var toldBitrate: UInt64?

    /// Makes an estimate that knows nothing of the path.
    package init() {}

    /// The bits per second that the peer may send.
    package var bitrate: UInt64 { UInt64(control.bitrate) }

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - absSendTime: when it left: 24 bits with 18 of fraction.
    ///   - size: its size in bytes.
    ///   - roundTrip: the round-trip time, where known.
    ///   - now: the moment it came in.
    /// - Returns: whether the estimate has fallen so far that the peer is to be told at once.
    package mutating func receive(
        absSendTime: UInt32,
        size: Int,
        roundTrip: Duration?,
        at now: MonotonicTime
    ) -> Bool {
        trend.receive(sent: unwrap(absSendTime), arrival: now)
        arriving.add(size, at: now)
        let isDue = updatedAt.map { now - $0 >= Self.interval } ?? true
        guard isDue || trend.signal == .overuse else { return false }
        updatedAt = now
        control.update(
            trend.signal,
            throughput: arriving.newestBitrate,
            roundTrip: roundTrip ?? .milliseconds(100),
            at: now
        )
        return toldBitrate.map { control.bitrate < Double($0) * Self.urgentFall } ?? false
    }

    /// The peer has been told.
    package mutating func told(_ bitrate: UInt64) {
        toldBitrate = bitrate
    }

    /// The send time as a moment, counted from one that lies before all others.
    private mutating func unwrap(_ time: UInt32) -> MonotonicTime {
        let cycle: Int64 = 1 << 24
        let sent: Int64
        if let newestSent, newestSent < Self.latestSendTime {
            // The difference in 24 bits, with sign.
            let step = Int64(Int32(bitPattern: (time &- UInt32(truncatingIfNeeded: newestSent)) << 8) >> 8)
            sent = newestSent + step
            self.newestSent = max(newestSent, sent)
        } else {
            trend = DelayTrend()
            sent = cycle + Int64(time & 0xFF_FFFF)
            newestSent = sent
        }
        // 1/2¹⁸ s is 1,000,000,000 / 262,144 ns.
        return MonotonicTime(nanoseconds: UInt64(max(0, sent)) * 1_953_125 / 512)
    }
}
