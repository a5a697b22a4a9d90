// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An address where a peer may be reached (RFC 8445 §5.1, RFC 8839 §5.1).
package struct ICECandidate: Hashable, Sendable {
    /// How a candidate was found.
    package enum Kind: String, Hashable, Sendable {
        /// An address of the machine's own.
        case host
        /// What a STUN server saw.
        case serverReflexive = "srflx"
        /// What the peer saw.
        case peerReflexive = "prflx"
        /// An address of a TURN server.
        case relayed = "relay"
    }

    /// Who opens the connection of a TCP candidate (RFC 6544 §4.5).
    package enum TCPType: String, Hashable, Sendable {
        /// This side connects.
        case active
        /// This side listens.
        case passive
        /// Both connect at once.
        case simultaneousOpen = "so"
    }

    /// The component of RTP, and of RTCP where it shares the port.
    package static let rtpComponent: UInt16 = 1
    /// The most candidates a session takes from a peer.
    package static let maximumCount = 32

    /// Equal for candidates of the same kind, base and protocol.
    package var foundation: String
    /// 1 for RTP; anything else is not used.
    package var component: UInt16
    /// The larger the better.
    package var priority: UInt32
    /// Where to send to.
    package var address: TransportAddress
    /// How it was found.
    package var kind: Kind
    /// Who connects, for TCP.
    package var tcpType: TCPType?
    /// The base of a reflexive or relayed candidate, for diagnosis.
    package var relatedAddress: TransportAddress?

    /// Makes a host candidate of this machine.
    ///
    /// - Parameters:
    ///   - address: where the machine listens; TCP candidates are passive.
    ///   - localPreference: orders several addresses, the larger the better.
    package init(host address: TransportAddress, localPreference: UInt16 = .max) {
        let isUDP = address.transport != .tcp
        // RFC 6544 §4.2: below every UDP candidate; direction preference of passive candidates is 4.
        let preference = isUDP ? localPreference : 4 << 13 | localPreference >> 3
        self.init(
            foundation: Self.foundation(of: address),
            priority: Self.priority(of: .host, localPreference: preference, transport: address.transport),
            address: address,
            kind: .host,
            tcpType: isUDP ? nil : .passive
        )
    }

    /// Makes a candidate for RTP from its parts.
    ///
    /// - Parameters:
    ///   - foundation: 1 to 32 characters.
    ///   - priority: the larger the better.
    ///   - address: where to send to.
    ///   - kind: how it was found.
    ///   - tcpType: who connects, for TCP.
    package init(
        foundation: String,
        priority: UInt32,
        address: TransportAddress,
        kind: Kind,
        tcpType: TCPType? = nil
    ) {
        self.foundation = foundation
        component = Self.rtpComponent
        self.priority = priority
        self.address = address
        self.kind = kind
        self.tcpType = tcpType
    }

    /// The priority that RFC 8445 §5.1.2.1 gives a candidate for RTP.
    ///
    /// - Parameters:
    ///   - kind: how it was found.
    ///   - localPreference: orders addresses of the same kind.
    ///   - transport: TCP comes after UDP of the same kind (RFC 6544 §4.2).
    /// - Returns: the number for the candidate attribute and PRIORITY.
    package static func priority(
        of kind: Kind,
        localPreference: UInt16 = .max,
        transport: TransportProtocol = .udp
    ) -> UInt32 {
        let typePreference: UInt32 =
            switch (kind, transport) {
            case (.host, .udp), (.host, .relayed): 126
            case (.peerReflexive, .udp), (.peerReflexive, .relayed): 110
            case (.serverReflexive, .udp), (.serverReflexive, .relayed): 100
            case (.host, .tcp): 90
            case (.peerReflexive, .tcp): 80
            case (.serverReflexive, .tcp): 75
            case (.relayed, .udp), (.relayed, .relayed): 1
            case (.relayed, .tcp): 0
            }
        return typePreference << 24 | UInt32(localPreference) << 8 | (256 - UInt32(rtpComponent))
    }

    private static func foundation(of address: TransportAddress) -> String {
        // Candidates of one base and protocol share it (RFC 8445 §5.1.1.3); ports don't matter.
        var hash: UInt32 = address.transport == .udp ? 17 : 6
        for word in [address.ip.high, address.ip.low] {
            hash = (hash &* 31 &+ UInt32(truncatingIfNeeded: word >> 32)) &* 31 &+ UInt32(truncatingIfNeeded: word)
        }
        return String(hash)
    }
}
