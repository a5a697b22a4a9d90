// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The sizes of a UDP socket's buffers, in bytes.
package struct SocketBuffers: Hashable, Sendable {
    /// What waits to be received.
    package var receive: Int
    /// What waits to be sent.
    package var send: Int

    /// Names the sizes.
    package init(receive: Int, send: Int) {
        self.receive = receive
        self.send = send
    }

    /// What the system gives a socket that asks as the workers do.
    ///
    /// - Parameter size: the size that is asked for, in bytes.
    /// - Returns: what a socket gets; `nil` where none can be opened.
    package static func granted(asking size: Int) -> SocketBuffers? {
        var options = DatagramSocketOptions()
        options.bufferSize = Int32(clamping: size)
        guard let socket = try? DatagramSocket(bindingTo: TransportAddress(.anyIPv4, port: 0), options: options) else {
            return nil
        }
        guard let receive = Platform.option(socket.descriptor, SOL_SOCKET, SO_RCVBUF),
            let send = Platform.option(socket.descriptor, SOL_SOCKET, SO_SNDBUF)
        else { return nil }
        #if os(Linux)
            // Linux says twice what it was asked for: the other half is for its own books (socket(7)).
            return SocketBuffers(receive: Int(receive) / 2, send: Int(send) / 2)
        #else
            return SocketBuffers(receive: Int(receive), send: Int(send))
        #endif
    }
}
