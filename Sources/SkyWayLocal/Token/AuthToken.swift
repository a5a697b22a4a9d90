// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import JWTKit

/// A decoded SkyWay Auth Token of version 1, 2 or 3 (protocol page §1).
struct AuthToken: Hashable, Sendable {
    /// What the token allows, in the shape of its version.
    enum Scope: Hashable, Sendable {
        case byActions(ScopeV12, version: Int)
        case byMethods(ScopeV3)
    }

    /// The token's own id.
    let id: String
    /// When it was issued, in seconds since 1970.
    let issuedAt: Double
    /// When it expires, in seconds since 1970.
    let expiresAt: Double
    /// What it allows.
    let scope: Scope

    /// The application it is for.
    var appID: String {
        switch scope {
        case .byActions(let scope, _): scope.app.id
        case .byMethods(let scope): scope.appId
        }
    }

    /// Whether analytics are switched on; the default changed with version 3 (protocol page §1.5).
    var isAnalyticsEnabled: Bool {
        switch scope {
        case .byActions(let scope, _): scope.app.analytics ?? false
        case .byMethods(let scope): scope.analytics?.enabled ?? true
        }
    }

    /// Whether TURN servers may be told; they may unless the token forbids it (protocol page §§1.2, 1.3).
    var isTURNAllowed: Bool {
        switch scope {
        case .byActions(let scope, _): scope.app.turn ?? true
        case .byMethods(let scope): scope.turn?.enabled ?? true
        }
    }

    /// Whether every entry has the id or name the schema asks for.
    var isComplete: Bool {
        switch scope {
        case .byActions(let scope, _): scope.isComplete
        case .byMethods(let scope): scope.isComplete
        }
    }

    /// Whether the token allows something.
    ///
    /// Every entry that covers the channel counts; the SDK looks at the first one only, but for what it decides
    /// itself (protocol page §1.5).
    ///
    /// - Parameters:
    ///   - permission: what is asked for.
    ///   - channel: the channel it is asked for.
    ///   - member: the member it is asked for, where it concerns one.
    /// - Returns: whether it is allowed.
    func allows(_ permission: Permission, channel: ScopeTarget, member: ScopeTarget? = nil) -> Bool {
        switch scope {
        case .byActions(let scope, let version):
            scope.allows(permission, channel: channel, member: member, version: version)
        case .byMethods(let scope):
            scope.allows(permission, channel: channel, member: member)
        }
    }

    /// The most subscribers a forwarding of this channel may have, where the token says so.
    func maximumSubscribers(channel: ScopeTarget) -> Int? {
        guard case .byMethods(let scope) = scope else { return nil }
        return scope.rooms(covering: channel).compactMap { $0.sfu?.maxSubscribersLimit }.first
    }
}

/// The claims as they stand in the token; signature and times are checked by ``TokenVerifier``.
struct AuthTokenClaims: JWTPayload {
    let token: AuthToken

    private enum CodingKeys: String, CodingKey {
        case jti, iat, exp, version, scope
    }

    init(_ token: AuthToken) { self.token = token }

    init(from decoder: any Decoder) throws {
        let claims = try decoder.container(keyedBy: CodingKeys.self)
        let version = try claims.decodeIfPresent(Int.self, forKey: .version) ?? 1
        let scope: AuthToken.Scope
        switch version {
        case 1, 2: scope = .byActions(try claims.decode(ScopeV12.self, forKey: .scope), version: version)
        case 3: scope = .byMethods(try claims.decode(ScopeV3.self, forKey: .scope))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .version,
                in: claims,
                debugDescription: "unknown token version \(version)"
            )
        }
        token = AuthToken(
            id: try claims.decode(String.self, forKey: .jti),
            issuedAt: try claims.decode(Double.self, forKey: .iat),
            expiresAt: try claims.decode(Double.self, forKey: .exp),
            scope: scope
        )
    }

    func encode(to encoder: any Encoder) throws {
        var claims = encoder.container(keyedBy: CodingKeys.self)
        try claims.encode(token.id, forKey: .jti)
        try claims.encode(token.issuedAt, forKey: .iat)
        try claims.encode(token.expiresAt, forKey: .exp)
        switch token.scope {
        case .byActions(let scope, let version):
            try claims.encode(version, forKey: .version)
            try claims.encode(scope, forKey: .scope)
        case .byMethods(let scope):
            try claims.encode(3, forKey: .version)
            try claims.encode(scope, forKey: .scope)
        }
    }

    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
