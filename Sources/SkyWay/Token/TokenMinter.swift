// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JWTKit

/// Makes tokens that allow one member to publish in one room, and nothing else.
package struct TokenMinter: Sendable {
    /// What one token is for.
    package struct Purpose: Hashable, Sendable {
        package var channel: ChannelReference
        package var memberName: String
        /// Whether the room may be made when it is missing; takes a room named by name.
        package var mayCreateChannel: Bool
        /// Whether the room may be closed again: for one that is made to try things out.
        package var mayCloseChannel = false
        package var maximumSubscribers: Int
        /// Of what metadata is changed while it is in the room; what it has on its way in needs no more.
        package var updates: Set<MetadataSubject>
        /// Whether TURN servers may be asked for.
        package var usesTURN = false

        package init(
            channel: ChannelReference,
            memberName: String,
            mayCreateChannel: Bool = false,
            maximumSubscribers: Int = 99,
            updates: Set<MetadataSubject> = []
        ) {
            self.channel = channel
            self.memberName = memberName
            self.mayCreateChannel = mayCreateChannel
            self.maximumSubscribers = maximumSubscribers
            self.updates = updates
        }

        /// Whether the room may be made, and can be.
        var makesChannel: Bool { mayCreateChannel && channel.name != nil }
    }

    private let appID: String
    private let secret: Redacted<String>
    private let version: TokenVersion

    package init(appID: String, secret: Redacted<String>, version: TokenVersion = .three) {
        self.appID = appID
        self.secret = secret
        self.version = version
    }

    /// Mints a token, signed with HMAC-SHA256 by the application's secret as it is written.
    package func mint(
        for purpose: Purpose,
        issuedAt: Int = Int(Date().timeIntervalSince1970),
        lifetime: Duration
    ) async throws(SkyWayError) -> AuthToken {
        guard !secret.exposed.isEmpty else {
            throw SkyWayError(.tokenRefused, .token, detail: "There is no secret key; set SKYWAY_SECRET_KEY.")
        }
        let expiry = issuedAt + Int(lifetime.components.seconds)
        switch version {
        case .two: return try await sign(ChannelScope(least: purpose, appID: appID), issuedAt, expiry)
        case .three: return try await sign(RoomScope(least: purpose, appID: appID), issuedAt, expiry)
        }
    }

    /// Whether a token was signed with this secret.
    package func hasSigned(_ token: AuthToken) async -> Bool {
        (try? await keys().verify(token.encoded.exposed, as: SignedClaims.self)) != nil
    }

    /// Claims of which only the signature is of interest.
    private struct SignedClaims: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    private func sign(
        _ scope: some Codable & Hashable & Sendable,
        _ issuedAt: Int,
        _ expiry: Int
    ) async throws(SkyWayError) -> AuthToken {
        let claims = TokenClaims(
            jti: UUID().uuidString.lowercased(),
            iat: issuedAt,
            exp: expiry,
            version: version.rawValue,
            scope: scope
        )
        do {
            return try AuthToken(decoding: try await keys().sign(claims))
        } catch let flaw as AuthToken.Flaw {
            throw SkyWayError(.tokenRefused, .token, detail: flaw.rawValue)
        } catch {
            throw SkyWayError(.tokenRefused, .token, detail: "The token can't be signed with this secret key.")
        }
    }

    /// The secret as a key.
    ///
    /// The library asserts 32 bytes, but a secret that someone mistyped is SkyWay's to refuse, not ours to trap on.
    /// Zeros at the end do not change an HMAC (RFC 2104 §2).
    private func keys() async -> JWTKeyCollection {
        let bytes = Array(secret.exposed.utf8)
        let key = bytes + Array(repeating: 0, count: max(0, 32 - bytes.count))
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: key), digestAlgorithm: .sha256)
        return keys
    }
}
