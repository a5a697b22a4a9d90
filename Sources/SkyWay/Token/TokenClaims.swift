// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import JWTKit

/// The claims of a SkyWay Auth Token, version 3 (protocol page §1.1, §1.3).
package struct TokenClaims: Codable, Hashable, Sendable, JWTPayload {
    package var jti: String
    /// Seconds since 1970.
    package var iat: Int
    /// Seconds since 1970; at most three days after `iat`.
    package var exp: Int
    package var version: Int
    package var scope: TokenScope

    /// The service checks its own rules; nothing is to be added here.
    package func verify(using algorithm: some JWTAlgorithm) {}
}

/// What a token of version 3 allows.
package struct TokenScope: Codable, Hashable, Sendable {
    /// A feature that is on unless it is switched off.
    package struct Feature: Codable, Hashable, Sendable {
        package var enabled: Bool
    }

    /// What may be done as one member.
    package struct Member: Codable, Hashable, Sendable {
        package var name: String
        package var methods: [String]
    }

    /// The SFU in one room.
    package struct SFU: Codable, Hashable, Sendable {
        package var enabled: Bool
        package var maxSubscribersLimit: Int
    }

    /// What may be done in one room.
    package struct Room: Codable, Hashable, Sendable {
        package var id: String?
        package var name: String?
        package var methods: [String]
        package var member: Member
        package var sfu: SFU
    }

    package var appId: String
    package var analytics: Feature
    package var turn: Feature
    package var rooms: [Room]
}
