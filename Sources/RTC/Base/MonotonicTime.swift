// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A moment on a clock that never goes back, in nanoseconds since an arbitrary origin.
///
/// The core never reads a clock: every input carries the moment it happened at. The driver takes it from
/// `CLOCK_MONOTONIC`, tests from a virtual clock.
package struct MonotonicTime: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Nanoseconds since the clock's origin.
    package var nanoseconds: UInt64

    /// Makes a moment.
    ///
    /// - Parameter nanoseconds: nanoseconds since the clock's origin.
    @inlinable
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    @inlinable
    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment that lies `duration` later; stops at the ends of the clock's range.
    @inlinable
    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let delta = duration.inNanoseconds
        if delta < 0 {
            let (result, overflow) = time.nanoseconds.subtractingReportingOverflow(delta.magnitude)
            return MonotonicTime(nanoseconds: overflow ? 0 : result)
        }
        let (result, overflow) = time.nanoseconds.addingReportingOverflow(delta.magnitude)
        return MonotonicTime(nanoseconds: overflow ? .max : result)
    }

    /// The first moment from this one on that is a multiple of a duration: on such a grid, what several have to do
    /// falls together.
    ///
    /// - Parameter step: the grid's width, more than nothing.
    /// - Returns: the moment.
    package func roundedUp(toMultipleOf step: Duration) -> MonotonicTime {
        let width = step.inNanoseconds.magnitude
        let rest = nanoseconds % width
        return rest == 0 ? self : self + .nanoseconds(Int64(clamping: width - rest))
    }

    /// The time from `right` to `left`; negative when `left` is the earlier one.
    @inlinable
    package static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        left >= right
            ? .nanoseconds(Int64(clamping: left.nanoseconds - right.nanoseconds))
            : .nanoseconds(-Int64(clamping: right.nanoseconds - left.nanoseconds))
    }
}

extension Duration {
    /// The whole duration in nanoseconds, held within what 64 bits can say (292 years).
    @inlinable
    package var inNanoseconds: Int64 {
        // Nearly all are shorter than nine seconds, so that one word is enough to divide.
        if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
        return Int64(clamping: attoseconds / 1_000_000_000)
    }

    /// The duration in seconds.
    @inlinable
    package var inSeconds: Double { Double(inNanoseconds) / 1e9 }
}
