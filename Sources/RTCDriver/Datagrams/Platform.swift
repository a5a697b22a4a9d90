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
        static let stream = SOCK_STREAM
        static let interfaceIsUsable = UInt32(IFF_UP) | UInt32(IFF_RUNNING)
    #else
        static let datagram = Int32(SOCK_DGRAM.rawValue)
        static let stream = Int32(SOCK_STREAM.rawValue)
        static let interfaceIsUsable = UInt32(IFF_UP) | UInt32(IFF_RUNNING)
    #endif

    /// The error number of the last failed call on this thread.
    static var errorNumber: Int32 { errno }

    /// Sets an option that is a number, and says whether the system took it.
    @discardableResult
    static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Bool {
        var value = value
        return unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// Reads an option of a socket; `nil` where the system does not have it.
    static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, level, name, &value, &length) == 0 ? value : nil
    }

    /// Closes a descriptor; for types that have a `close` of their own.
    static func close(_ descriptor: Int32) {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }

    /// Makes a descriptor non-blocking and closes it on `exec`.
    static func makeNonBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}
