// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A wall-clock moment in NTP's 64-bit format: seconds since 1900 with 32 bits of fraction (RFC 5905 §6).
package struct NTPTime: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Seconds in the upper 32 bits, fraction in the lower.
    package var rawValue: UInt64

    /// Makes a moment from its 64 bits.
    ///
    /// - Parameter rawValue: seconds since 1900 in the upper 32 bits, fraction in the lower.
    @inlinable
    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Makes a moment from Unix time.
    ///
    /// - Parameter unixNanoseconds: nanoseconds since 1970-01-01 UTC.
    package init(unixNanoseconds: UInt64) {
        let (seconds, nanoseconds) = unixNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = (nanoseconds << 32) / 1_000_000_000
        self.init(rawValue: (seconds + 2_208_988_800) << 32 | fraction)
    }

    /// The middle 32 bits, as report blocks carry them (RFC 3550 §4).
    @inlinable
    package var compact: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }

    /// The nanoseconds from another moment to this one, negative where this is the earlier; of the two ways around the
    /// end of an era the shorter one.
    func nanoseconds(since other: NTPTime) -> Int64 {
        let difference = Int64(bitPattern: rawValue &- other.rawValue)
        let magnitude = difference.magnitude
        let nanoseconds = Int64((magnitude >> 32) * 1_000_000_000 + ((magnitude & 0xFFFF_FFFF) * 1_000_000_000) >> 32)
        return difference < 0 ? -nanoseconds : nanoseconds
    }

    /// The length of a time in 1/65536 s, at most what 32 bits can say.
    static func compact(_ duration: Duration) -> UInt32 {
        let (seconds, rest) = duration.inNanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        return UInt32(clamping: min(seconds, 1 << 17) << 16 + (rest << 16) / 1_000_000_000)
    }

    /// The time since a compact moment of ours that a peer answered: what rounding made negative is zero, what can't be
    /// a round trip is `nil` (RFC 3550 §6.4.1).
    ///
    /// - Parameter answered: that moment, later by the time that the peer kept it.
    /// - Returns: the round-trip time.
    package func roundTrip(answered: UInt32) -> Duration? {
        let units = Int64(Int32(bitPattern: compact &- answered))
        guard units > -66, units < 60 << 16 else { return nil }
        return .nanoseconds((max(0, units) * 1_000_000_000) >> 16)
    }

    @inlinable
    package static func < (left: NTPTime, right: NTPTime) -> Bool { left.rawValue < right.rawValue }

    /// The moment that lies `duration` later, or earlier where it is negative.
    package static func + (time: NTPTime, duration: Duration) -> NTPTime {
        let nanoseconds = duration.inNanoseconds
        let (seconds, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let delta = seconds << 32 | (rest << 32) / 1_000_000_000
        return NTPTime(rawValue: nanoseconds < 0 ? time.rawValue &- delta : time.rawValue &+ delta)
    }
}

/// The link between the monotonic clock and the wall clock, read once by the driver.
package struct WallClock: Sendable, BitwiseCopyable {
    /// The monotonic moment of the reading.
    package var monotonic: MonotonicTime
    /// The wall-clock time at that moment.
    package var ntp: NTPTime

    /// Makes a link.
    ///
    /// - Parameters:
    ///   - monotonic: the monotonic moment of the reading.
    ///   - ntp: the wall-clock time at that moment.
    package init(monotonic: MonotonicTime, ntp: NTPTime) {
        self.monotonic = monotonic
        self.ntp = ntp
    }

    /// The wall-clock time at a monotonic moment.
    package func time(at moment: MonotonicTime) -> NTPTime { ntp + (moment - monotonic) }
}
