// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How datagrams travel to an address.
package enum TransportProtocol: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// One datagram is one UDP packet.
    case udp
    /// Datagrams are framed in a TCP stream, two bytes of length before each (RFC 4571).
    case tcp
    /// Datagrams go by a TURN server that sends them on by UDP, from an address of its own (RFC 8656).
    case relayed
}

/// An IP address with a port and the protocol it is reached by: one end of a 5-tuple.
package struct TransportAddress: Hashable, Sendable, BitwiseCopyable {
    /// The IP address.
    package var ip: IPAddress
    /// The port, in host byte order.
    package var port: UInt16
    /// UDP, framed TCP, or UDP by way of a TURN server.
    package var transport: TransportProtocol

    /// Makes an address.
    ///
    /// - Parameters:
    ///   - ip: the IP address.
    ///   - port: the port, in host byte order.
    ///   - transport: the protocol the address is reached by.
    @inlinable
    package init(_ ip: IPAddress, port: UInt16, transport: TransportProtocol = .udp) {
        self.ip = ip
        self.port = port
        self.transport = transport
    }

    // Compared several times with every packet, by other modules too: what the compiler derives is not inlined there.
    @inlinable
    package static func == (left: TransportAddress, right: TransportAddress) -> Bool {
        left.ip == right.ip && left.port == right.port && left.transport.rawValue == right.transport.rawValue
    }

    /// Two words: the port stands where an IPv4 address in its mapped form has nothing.
    @inlinable
    package func hash(into hasher: inout Hasher) {
        hasher.combine(ip.high)
        hasher.combine(ip.low ^ UInt64(port) << 48)
    }
}

extension TransportAddress: CustomStringConvertible {
    package var description: String {
        let host = ip.isIPv4 ? "\(ip)" : "[\(ip)]"
        return switch transport {
        case .udp: "\(host):\(port)"
        case .tcp: "\(host):\(port)/tcp"
        case .relayed: "\(host):\(port)/relayed"
        }
    }
}
