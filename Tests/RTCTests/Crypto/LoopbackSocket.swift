// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A UDP socket on 127.0.0.1 with a port that the system chose.
final class LoopbackSocket {
    private let descriptor: Int32

    /// The port it is bound to.
    let port: UInt16

    /// Where the last datagram came from, and answers go.
    private var peer = sockaddr_in()

    struct Failure: Error {
        let call: String
        let number = errno
    }

    init() throws {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #endif
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = Self.withSocketAddress(&address) { pointer in
            bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        guard isBound else { throw Failure(call: "bind") }
    }

    deinit {
        close(descriptor)
    }

    /// Sends to a port of 127.0.0.1 from now on.
    func connect(to port: UInt16) {
        peer = Self.address(port: port)
    }

    /// Sends a datagram to the peer.
    func send(_ datagram: Datagram) throws {
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let sent = Self.withSocketAddress(&peer) { sendto(descriptor, datagram, datagram.count, 0, $0, length) }
        // The peer may be gone by now, which a loopback socket is told.
        guard sent == datagram.count || errno == ECONNREFUSED else { throw Failure(call: "sendto") }
    }

    /// Waits for a datagram; `nil` when none came in time.
    func receive(within timeout: Duration) throws -> Datagram? {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = timeout.components.seconds * 1_000 + timeout.components.attoseconds / 1_000_000_000_000_000
        guard poll(&event, 1, Int32(clamping: milliseconds + 1)) > 0 else { return nil }
        var buffer = Datagram(repeating: 0, count: 2048)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = Self.withSocketAddress(&peer) { recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length) }
        guard count >= 0 else { return nil }
        return Array(buffer[..<count])
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func withSocketAddress<Result>(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
