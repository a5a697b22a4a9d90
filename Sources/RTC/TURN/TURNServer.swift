// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Where a TURN server is, how it is spoken to, and what it asks for.
package struct TURNServer: Hashable, Sendable {
    /// How a client speaks to a TURN server (RFC 8656 §3.1).
    package enum Transport: String, CaseIterable, Hashable, Sendable {
        /// Datagrams.
        case udp
        /// A TCP connection.
        case tcp
        /// TLS over a TCP connection.
        case tls
    }

    /// Its address; the transport says whether it is reached by UDP or TCP.
    package var address: TransportAddress
    /// How it is spoken to.
    package var transport: Transport
    /// The name that its certificate has to be for.
    package var name: String
    /// What it asks for.
    package var credentials: TURNCredentials

    /// Makes the description of a server.
    ///
    /// - Parameters:
    ///   - ip: its IP address.
    ///   - port: its port.
    ///   - transport: how it is spoken to.
    ///   - name: the name that its certificate has to be for, where it is spoken to by TLS.
    ///   - credentials: what it asks for.
    package init(
        _ ip: IPAddress,
        port: UInt16,
        transport: Transport,
        name: String,
        credentials: TURNCredentials
    ) {
        address = TransportAddress(ip, port: port, transport: transport == .udp ? .udp : .tcp)
        self.transport = transport
        self.name = name
        self.credentials = credentials
    }
}

extension TURNServer: CustomStringConvertible {
    /// The address in the form of RFC 7065.
    package var description: String {
        let scheme = transport == .tls ? "turns" : "turn"
        let host = name.contains(":") ? "[\(name)]" : name
        return "\(scheme):\(host):\(address.port)?transport=\(transport == .udp ? "udp" : "tcp")"
    }
}

/// A user name and a password for a TURN server; the password never shows in a description.
package struct TURNCredentials: Hashable, Sendable {
    /// The user name.
    package let username: String
    /// The password.
    package let password: String

    /// Takes credentials.
    ///
    /// - Parameters:
    ///   - username: the user name, at most 508 bytes (RFC 8489 §14.3); what is longer is refused by the server.
    ///   - password: the password.
    package init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}

extension TURNCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "TURNCredentials(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
