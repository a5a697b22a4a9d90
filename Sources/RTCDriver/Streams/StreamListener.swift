// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A non-blocking TCP socket that waits for connections; closed when it is let go.
final class StreamListener {
    /// What became of asking for a connection.
    enum Answer {
        /// A connection and where it comes from.
        case connection(Int32, TransportAddress)
        /// One that ended before it was taken.
        case vanished
        /// None waits.
        case nothing
        /// One waits, but the system has no descriptor or memory for it.
        case exhausted
    }

    /// Connections that wait to be taken.
    private static let backlog: Int32 = 128

    /// The descriptor.
    let descriptor: Int32
    /// The port, which the system chose where 0 was asked for.
    let port: UInt16
    private let family: SocketFamily

    /// Opens a socket, binds it and listens.
    ///
    /// - Parameter address: the address; an unspecified one for all interfaces of its family.
    /// - Throws: `SocketError`.
    init(bindingTo address: TransportAddress) throws(SocketError) {
        family = address.ip.isIPv4 ? .ipv4 : .ipv6
        descriptor = socket(family.rawValue, Platform.stream, 0)
        guard descriptor >= 0 else { throw SocketError(operation: .open, number: Platform.errorNumber) }
        Platform.makeNonBlocking(descriptor)
        // Connections of a worker that ran before may linger.
        Platform.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        Platform.setOption(descriptor, SOL_SOCKET, SO_SNDBUF, StreamDialer.sendBufferSize)
        if family == .ipv6 { Platform.setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        do throws(SocketError) {
            port = try SocketName(address, family: family).bind(descriptor).port
            guard listen(descriptor, Self.backlog) == 0 else {
                throw SocketError(operation: .listen, number: Platform.errorNumber)
            }
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Takes the next connection that waits.
    func next() -> Answer {
        var name = SocketName()
        let accepted = unsafe name.withMutableSocketAddress { unsafe accept(descriptor, $0, $1) }
        guard accepted >= 0 else {
            switch Platform.errorNumber {
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            case EAGAIN: return .nothing
            default: return .vanished
            }
        }
        guard var remote = name.address else {
            close(accepted)
            return .vanished
        }
        remote.transport = .tcp
        Platform.makeNonBlocking(accepted)
        Platform.setOption(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        #if canImport(Darwin)
            Platform.setOption(accepted, SOL_SOCKET, SO_NOSIGPIPE, 1)
        #endif
        return .connection(accepted, remote)
    }
}
