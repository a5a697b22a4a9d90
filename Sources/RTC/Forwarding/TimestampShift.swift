// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How the timestamps of two sources of one sender lie to each other: layers of one picture count from random beginnings.
package struct TimestampShift: Hashable, Sendable, BitwiseCopyable {
    /// The source whose timestamps are the measure.
    package var from: UInt32
    /// The other source.
    package var to: UInt32
    /// What is added to a timestamp of the other source to get the measure's one of the same moment.
    package var ticks: UInt32

    /// Reports whose moments lie farther apart than this do not belong together, in seconds.
    private static let longestGap: Int64 = 3_600

    /// Makes a shift.
    ///
    /// - Parameters:
    ///   - from: the source whose timestamps are the measure.
    ///   - to: the other source.
    ///   - ticks: what is added to its timestamps.
    package init(from: UInt32, to: UInt32, ticks: UInt32) {
        self.from = from
        self.to = to
        self.ticks = ticks
    }

    /// Finds the shift by what the sender reports of both sources say of wall clock and timestamp; `nil` where they can't
    /// be of one sender's clock.
    ///
    /// - Parameters:
    ///   - from: a report of the source whose timestamps are the measure.
    ///   - to: a report of the other source.
    ///   - clock: the clock of both.
    package init?(from: SenderReport, to: SenderReport, clock: RTPClock) {
        let elapsed = Int64(bitPattern: to.ntp.rawValue &- from.ntp.rawValue)
        guard elapsed.magnitude < UInt64(Self.longestGap) << 32 else { return nil }
        // Seconds and fraction apart: neither product can be too large.
        let rate = UInt64(clock.rate)
        let magnitude = elapsed.magnitude
        let passed = UInt32(truncatingIfNeeded: (magnitude >> 32) * rate + ((magnitude & 0xFFFF_FFFF) * rate) >> 32)
        let measure = elapsed < 0 ? from.rtpTimestamp &- passed : from.rtpTimestamp &+ passed
        self.init(from: from.ssrc, to: to.ssrc, ticks: measure &- to.rtpTimestamp)
    }
}
