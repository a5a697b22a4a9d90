// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import JWTKit

/// The claims of a SkyWay Auth Token (protocol page §1.1).
package struct TokenClaims<Scope: Codable & Hashable & Sendable>: Codable, Hashable, Sendable, JWTPayload {
    package var jti: String
    /// Seconds since 1970.
    package var iat: Int
    /// Seconds since 1970; at most three days after `iat`.
    package var exp: Int
    package var version: Int
    package var scope: Scope

    /// The service checks its own rules; nothing is to be added here.
    package func verify(using algorithm: some JWTAlgorithm) {}
}

/// The versions of tokens that are made here.
package enum TokenVersion: Int, Hashable, Sendable, CaseIterable {
    /// With channels, members and actions.
    case two = 2
    /// With rooms and methods.
    case three = 3
}
