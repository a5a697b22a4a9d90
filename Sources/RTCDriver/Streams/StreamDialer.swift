// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Opens TCP connections without waiting for them.
enum StreamDialer {
    /// What the kernel holds for a far end that is behind: more would only be older.
    static let sendBufferSize: Int32 = 256 << 10

    /// Begins to connect to an address.
    ///
    /// - Parameter address: where to.
    /// - Returns: a non-blocking descriptor, which has room to write once the far end has answered.
    /// - Throws: `SocketError` where the system knows at once that it won't.
    static func open(_ address: TransportAddress) throws(SocketError) -> Int32 {
        let family = address.ip.isIPv4 ? SocketFamily.ipv4 : .ipv6
        let descriptor = socket(family.rawValue, Platform.stream, 0)
        guard descriptor >= 0 else { throw SocketError(operation: .open, number: Platform.errorNumber) }
        Platform.makeNonBlocking(descriptor)
        Platform.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        Platform.setOption(descriptor, SOL_SOCKET, SO_SNDBUF, sendBufferSize)
        #if canImport(Darwin)
            Platform.setOption(descriptor, SOL_SOCKET, SO_NOSIGPIPE, 1)
        #endif
        let name = SocketName(address, family: family)
        #if canImport(Darwin)
            let result = unsafe name.withSocketAddress { unsafe Darwin.connect(descriptor, $0, $1) }
        #else
            let result = unsafe name.withSocketAddress { unsafe Glibc.connect(descriptor, $0, $1) }
        #endif
        guard result == 0 || Platform.errorNumber == EINPROGRESS else {
            let error = SocketError(operation: .connect, number: Platform.errorNumber)
            Platform.close(descriptor)
            throw error
        }
        return descriptor
    }
}
