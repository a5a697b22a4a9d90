// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a client needs to open its side of a transport (protocol page §7.2).
struct TransportOptions: Codable, Hashable, Sendable {
    let id: String
    let iceParameters: ICEParameters
    let iceCandidates: [ICECandidateEntry]
    let dtlsParameters: DTLSParameters
}

/// The ICE credentials of this side, which is always lite.
struct ICEParameters: Codable, Hashable, Sendable {
    let usernameFragment: String
    let password: String
    let iceLite: Bool
}

/// A host candidate of this side.
struct ICECandidateEntry: Codable, Hashable, Sendable {
    let foundation: String
    let priority: UInt32
    let ip: String
    let address: String
    let `protocol`: String
    let port: UInt16
    let type: String
    let tcpType: String?
}

/// One side's DTLS role and certificate.
struct DTLSParameters: Codable, Hashable, Sendable {
    /// Which side says hello.
    enum Role: String, Codable, Hashable, Sendable {
        case auto, client, server
    }

    /// What the certificate must hash to.
    struct Fingerprint: Codable, Hashable, Sendable {
        let algorithm: String
        let value: String
    }

    let role: Role?
    let fingerprints: [Fingerprint]
}
