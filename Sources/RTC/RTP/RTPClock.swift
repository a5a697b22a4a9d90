// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The clock that a codec's timestamps count in.
package struct RTPClock: Hashable, Sendable, BitwiseCopyable {
    /// Ticks per second.
    package var rate: UInt32

    /// Makes a clock.
    ///
    /// - Parameter rate: ticks per second.
    package init(rate: UInt32) {
        self.rate = rate
    }

    /// Whole ticks that a number of nanoseconds lasts.
    package func ticks(nanoseconds: UInt64) -> UInt64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds &* UInt64(rate) &+ rest * UInt64(rate) / 1_000_000_000
    }

    /// Whole ticks that a duration lasts; negative when it is.
    package func ticks(in duration: Duration) -> Int64 {
        let nanoseconds = duration.inNanoseconds
        let magnitude = Int64(truncatingIfNeeded: ticks(nanoseconds: nanoseconds.magnitude) & UInt64(Int64.max))
        return nanoseconds < 0 ? -magnitude : magnitude
    }

    /// How long a number of ticks lasts.
    package func duration(ofTicks ticks: UInt32) -> Duration {
        rate == 0 ? .zero : .nanoseconds(Int64(UInt64(ticks) * 1_000_000_000 / UInt64(rate)))
    }
}
