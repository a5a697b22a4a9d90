// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What the SFU answers to a new forwarding (protocol page §3.1, endpoint 3).
package struct SFUForwarding: Hashable, Sendable, Decodable {
    /// Also the id of the publication that relays ours.
    package var forwardingId: String
    package var broadcasterTransportId: String
    /// Proves, on confirming a subscription, that we own the forwarding.
    package var identifierKey: String
    package var rtpCapabilities: RTPCapabilities?
    /// Present when the SFU made a new transport for it.
    package var broadcasterTransportOptions: SFUTransportOptions?
}

/// A transport of the SFU, as mediasoup describes it (protocol page §7.2).
package struct SFUTransportOptions: Hashable, Sendable, Decodable {
    package var id: String
    package var iceParameters: SFUICEParameters
    package var iceCandidates: [SFUICECandidate]
    package var dtlsParameters: SFUDTLSParameters
}

/// ICE credentials of a transport.
package struct SFUICEParameters: Hashable, Sendable, Decodable {
    package var usernameFragment: String
    package var password: String
    package var iceLite: Bool?
}

/// A host candidate of a transport; the component is always 1.
package struct SFUICECandidate: Hashable, Sendable, Decodable {
    package var foundation: String
    package var priority: UInt32
    package var ip: String?
    /// Newer servers name it so.
    package var address: String?
    /// `udp` or `tcp`.
    package var `protocol`: String
    package var port: UInt16
    package var type: String
    package var tcpType: String?

    /// The address by whichever name it came.
    package var host: String? { address ?? ip }
}

/// The DTLS side of a transport: any of its fingerprints proves it.
package struct SFUDTLSParameters: Hashable, Sendable, Codable {
    /// One hash of a certificate: `sha-256` and colon-separated hexadecimal digits.
    package struct Fingerprint: Hashable, Sendable, Codable {
        package var algorithm: String
        package var value: String

        package init(algorithm: String, value: String) {
            self.algorithm = algorithm
            self.value = value
        }
    }

    package var role: String?
    package var fingerprints: [Fingerprint]

    /// Our side: always the client, so that the SFU is the server (protocol page §7.5).
    package init(clientFingerprint: Fingerprint) {
        self.role = "client"
        self.fingerprints = [clientFingerprint]
    }
}

/// The answer to confirm-subscription; `message` also carries a transient refusal.
struct SFUConfirmation: Decodable, Sendable {
    var message: String?
}
