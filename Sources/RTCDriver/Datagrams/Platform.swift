// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The constants whose types differ between C libraries.
enum Platform {
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
