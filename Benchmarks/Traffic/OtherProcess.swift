// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    internal import Glibc
#endif

/// What is needed of other processes: the clock of the CPU time they have used, and that they can be ended.
package enum OtherProcess {
    /// The CPU time of all threads of a process so far.
    ///
    /// - Parameter process: the process's number.
    /// - Returns: the time; nothing where there is no such clock.
    package static func cpuTime(of process: Int32) -> Duration {
        #if os(Linux)
            var clock = clockid_t()
            var time = timespec()
            guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .zero }
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        #else
            return .zero
        #endif
    }

    /// Lets the calling thread, and with it the processes that it starts, take signals: tasks run on threads that do not.
    package static func admitSignals() {
        #if os(Linux)
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
        #endif
    }
}
