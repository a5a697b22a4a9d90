// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation

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

    /// What a token allows, in the words of its version.
    package enum Scope: Hashable, Sendable {
        /// Version 3.
        case rooms(RoomScope)
        /// Versions 1 and 2.
        case channels(ChannelScope)

        /// The application.
        var appID: String {
            switch self {
            case .rooms(let scope): scope.appId
            case .channels(let scope): scope.app.id
            }
        }
    }

    /// The encoded token, as it is sent.
    package let encoded: Redacted<String>
    package let id: UUID
    package let version: Int
    package let scope: Scope
    /// Seconds since 1970.
    package let issuedAt: Int
    /// Seconds since 1970.
    package let expiresAt: Int

    package var appID: String { scope.appID }

    private struct Claims: Decodable {
        var jti: String
        var iat: Double
        var exp: Double
        var version: Int?
    }

    private struct Scoped<Scope: Decodable>: Decodable {
        var scope: Scope
    }

    /// What of the scope says whose it is.
    private struct Application: Decodable {
        struct App: Decodable {
            var id: String?
        }

        var appId: String?
        var app: App?
    }

    /// Reads a token by the schema of the SDK (protocol page §1.1).
    package init(decoding text: String) throws(Flaw) {
        guard text.utf8.count <= 7 * 1024 else { throw .tooLong }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Self.base64URL(parts[1]) else { throw .notJWT }
        let claims = try Self.decode(Claims.self, payload)
        guard let id = UUID(uuidString: claims.jti) else { throw .noUUID }
        let latest = 10_000_000_000.0
        guard claims.iat >= 0, claims.exp > claims.iat, claims.exp < latest else { throw .badTimes }
        let version = claims.version ?? 1
        guard (1...3).contains(version) else { throw .unknownVersion }
        let application = try Self.decode(Scoped<Application>.self, payload).scope
        guard let appID = version == 3 ? application.appId : application.app?.id, !appID.isEmpty else {
            throw .noApplication
        }
        scope =
            version == 3
            ? .rooms(try Self.decode(Scoped<RoomScope>.self, payload).scope)
            : .channels(try Self.decode(Scoped<ChannelScope>.self, payload).scope)
        self.encoded = Redacted(text)
        self.id = id
        self.version = version
        self.issuedAt = Int(claims.iat)
        self.expiresAt = Int(claims.exp)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ payload: Data) throws(Flaw) -> Value {
        do {
            return try JSONDecoder().decode(type, from: payload)
        } catch {
            throw .notJSON
        }
    }

    /// All claims as they are written, for people to read.
    package var claims: String {
        let parts = encoded.exposed.split(separator: ".")
        guard parts.count > 1, let payload = Self.base64URL(parts[1]),
            let value = try? JSONSerialization.jsonObject(with: payload),
            let text = try? JSONSerialization.data(
                withJSONObject: value,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            )
        else { return "" }
        return String(decoding: text, as: UTF8.self)
    }

    private static func base64URL(_ text: Substring) -> Data? {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: String(base64))
    }
}
