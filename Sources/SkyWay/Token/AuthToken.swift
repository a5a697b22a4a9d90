// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A SkyWay Auth Token that has been read: minted here, or given by someone else.
///
/// Only decoded, like the SDK does: its signature is the service's to verify.
package struct AuthToken: Hashable, Sendable {
    /// Why a text is no token.
    package enum Flaw: String, Error, Hashable, Sendable {
        case tooLong = "The token is longer than SkyWay takes (7 KB)."
        case notJWT = "The token is not a JSON Web Token of three parts."
        case notJSON = "The claims of the token are not JSON as SkyWay has it."
        case noUUID = "The token's jti is not a UUID."
        case badTimes = "The token's iat and exp are not times in seconds, or exp is not after iat."
        case unknownVersion = "The token's version is none of 1, 2 and 3."
        case noApplication = "The token names no application."
    }

    /// The encoded token, as it is sent.
    package let encoded: Redacted<String>
    package let version: Int
    package let appID: String
    /// Seconds since 1970.
    package let issuedAt: Int
    /// Seconds since 1970.
    package let expiresAt: Int

    private struct Claims: Decodable {
        struct Scope: Decodable {
            struct App: Decodable {
                var id: String?
            }
            var appId: String?
            var app: App?
        }
        var jti: String
        var iat: Double
        var exp: Double
        var version: Int?
        var scope: Scope
    }

    /// Reads a token by the schema of the SDK (protocol page §1.1).
    package init(decoding text: String) throws(Flaw) {
        guard text.utf8.count <= 7 * 1024 else { throw .tooLong }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Self.base64URL(parts[1]) else { throw .notJWT }
        guard let claims = try? JSONDecoder().decode(Claims.self, from: payload) else { throw .notJSON }
        guard UUID(uuidString: claims.jti) != nil else { throw .noUUID }
        let latest = 10_000_000_000.0
        guard claims.iat >= 0, claims.exp > claims.iat, claims.exp < latest else { throw .badTimes }
        let version = claims.version ?? 1
        guard (1...3).contains(version) else { throw .unknownVersion }
        guard let appID = version == 3 ? claims.scope.appId : claims.scope.app?.id, !appID.isEmpty else {
            throw .noApplication
        }
        self.encoded = Redacted(text)
        self.version = version
        self.appID = appID
        self.issuedAt = Int(claims.iat)
        self.expiresAt = Int(claims.exp)
    }

    private static func base64URL(_ text: Substring) -> Data? {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: String(base64))
    }
}
