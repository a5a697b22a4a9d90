// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The clocks that the driver reads for the core, which reads none.
package enum Clock {
    /// Now, on the clock that all deadlines of a process are told by.
    package static var now: MonotonicTime {
        MonotonicTime(nanoseconds: read(CLOCK_MONOTONIC))
    }

    /// The link from that clock to the time of day.
    package static var wallClock: WallClock {
        WallClock(monotonic: now, ntp: NTPTime(unixNanoseconds: read(CLOCK_REALTIME)))
    }

    /// The CPU time that the process has used.
    package static var processCPUTime: Duration { .nanoseconds(Int64(clamping: read(CLOCK_PROCESS_CPUTIME_ID))) }

    /// The CPU time that the calling thread has used.
    static var threadCPUTime: Duration { .nanoseconds(Int64(clamping: read(CLOCK_THREAD_CPUTIME_ID))) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
