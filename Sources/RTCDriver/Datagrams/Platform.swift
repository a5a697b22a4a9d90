// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What differs between systems and their C libraries.
enum Platform {
    /// Whether the calls that only Linux has are missing: those for many datagrams at once, `epoll` and `eventfd`.
    ///
    /// What is done without them is compiled everywhere, and tested on Linux by `usesPortableCalls`.
    #if os(Linux)
        static let hasOnlyPortableCalls = false
    #else
        static let hasOnlyPortableCalls = true
    #endif

    #if canImport(Darwin)
        static let datagram = SOCK_DGRAM
        static let interfaceIsUp = UInt32(IFF_UP)
    #else
        static let datagram = Int32(SOCK_DGRAM.rawValue)
        static let interfaceIsUp = UInt32(IFF_UP)
    #endif

    /// The error number of the last failed call on this thread.
    static var errorNumber: Int32 { errno }

    /// Makes a descriptor non-blocking and closes it on `exec`.
    static func makeNonBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}
