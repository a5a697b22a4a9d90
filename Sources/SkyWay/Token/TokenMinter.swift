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
        package var maximumSubscribers: Int

        package init(
            channel: ChannelReference,
            memberName: String,
            mayCreateChannel: Bool = false,
            maximumSubscribers: Int = 99
        ) {
            self.channel = channel
            self.memberName = memberName
            self.mayCreateChannel = mayCreateChannel
            self.maximumSubscribers = maximumSubscribers
        }
    }

    private let appID: String
    private let secret: Redacted<String>

    package init(appID: String, secret: Redacted<String>) {
        self.appID = appID
        self.secret = secret
    }

    /// Mints a token, signed with HMAC-SHA256 by the application's secret as it is written.
    package func mint(
        for purpose: Purpose,
        issuedAt: Int = Int(Date().timeIntervalSince1970),
        lifetime: Duration
    ) async throws(SkyWayError) -> AuthToken {
        let claims = TokenClaims(
            jti: UUID().uuidString.lowercased(),
            iat: issuedAt,
            exp: issuedAt + Int(lifetime.components.seconds),
            version: 3,
            scope: scope(for: purpose)
        )
        guard !secret.exposed.isEmpty else { throw SkyWayError(.tokenRefused, .token, detail: "no secret") }
        do {
            let keys = JWTKeyCollection()
            await keys.add(hmac: HMACKey(from: key), digestAlgorithm: .sha256)
            return try AuthToken(decoding: try await keys.sign(claims))
        } catch let flaw as AuthToken.Flaw {
            throw SkyWayError(.tokenRefused, .token, detail: flaw.rawValue)
        } catch {
            throw SkyWayError(.tokenRefused, .token, detail: "signing failed")
        }
    }

    /// The secret as a key.
    ///
    /// The library asserts 32 bytes, but a secret that someone mistyped is SkyWay's to refuse, not ours to trap on.
    /// Zeros at the end do not change an HMAC (RFC 2104 §2).
    private var key: [UInt8] {
        let bytes = Array(secret.exposed.utf8)
        return bytes + Array(repeating: 0, count: max(0, 32 - bytes.count))
    }

    /// The least that works against SkyWay (protocol page §1.6).
    private func scope(for purpose: Purpose) -> TokenScope {
        let (id, name): (String?, String?) =
            switch purpose.channel {
            case .id(let id): (id, nil)
            case .name(let name): (nil, name)
            }
        let room = TokenScope.Room(
            id: id,
            name: name,
            methods: purpose.mayCreateChannel && name != nil ? ["create"] : [],
            member: .init(name: purpose.memberName, methods: ["publish"]),
            sfu: .init(enabled: true, maxSubscribersLimit: purpose.maximumSubscribers)
        )
        return TokenScope(
            appId: appID,
            analytics: .init(enabled: false),
            turn: .init(enabled: false),
            rooms: [room]
        )
    }
}
