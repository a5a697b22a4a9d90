// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import JWTKit

/// Why a token is refused.
enum TokenError: Error, Hashable, Sendable {
    /// Longer than 7 KB.
    case tooLong
    /// Not a JWT, or claims that do not fit the schema of its version.
    case malformed
    /// An algorithm other than HS256.
    case wrongAlgorithm
    /// For an application this server does not know.
    case unknownApplication
    case badSignature
    /// Issued more than two minutes in the future.
    case issuedInFuture
    case expired
    /// Valid for more than three days.
    case livesTooLong
}

extension TokenError: CustomStringConvertible {
    var description: String {
        switch self {
        case .tooLong: "the token is longer than 7 KB"
        case .malformed: "the token is malformed"
        case .wrongAlgorithm: "the token is not signed with HS256"
        case .unknownApplication: "the token is for an unknown application"
        case .badSignature: "the token's signature does not fit"
        case .issuedInFuture: "the token's iat lies more than two minutes in the future"
        case .expired: "the token has expired"
        case .livesTooLong: "the token's exp lies more than three days after its iat"
        }
    }
}

/// Checks SkyWay Auth Tokens as the service does (protocol page §1.1): signature, times, ids and length.
struct TokenVerifier: Sendable {
    /// The longest token taken: 7 KB.
    static let maximumLength = 7 * 1024
    /// How far in the future `iat` may lie, in seconds.
    static let maximumFutureIssue = 120.0
    /// How far behind `iat` `exp` may lie, in seconds.
    static let maximumLifetime = 3.0 * 24 * 3600

    private let applications: [String: JWTKeyCollection]
    private let clock: ServerClock
    private let isRevoked: @Sendable (AuthToken) -> Bool

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - applications: the applications of this server.
    ///   - clock: the server's clock.
    ///   - isRevoked: whether a good token counts as expired all the same.
    init(
        applications: [LocalApplication],
        clock: ServerClock,
        isRevoked: @escaping @Sendable (AuthToken) -> Bool = { _ in false }
    ) async {
        var keys: [String: JWTKeyCollection] = [:]
        for application in applications {
            let collection = JWTKeyCollection()
            await collection.add(hmac: HMACKey(from: application.secret), digestAlgorithm: .sha256)
            keys[application.id] = collection
        }
        self.applications = keys
        self.clock = clock
        self.isRevoked = isRevoked
    }

    /// Checks a token.
    ///
    /// - Parameters:
    ///   - text: the compact JWT.
    ///   - allowingExpired: takes a token that has run out, for the one call that keeps sending an old one
    ///     (protocol page §1.7).
    /// - Returns: the decoded token.
    /// - Throws: the first rule it breaks.
    func verify(_ text: String, allowingExpired: Bool = false) async throws(TokenError) -> AuthToken {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        let token = try await verifySignature(text)
        try check(token, allowingExpired: allowingExpired)
        return token
    }

    private func verifySignature(_ text: String) async throws(TokenError) -> AuthToken {
        let parsed: (header: JWTHeader, claims: AuthTokenClaims)
        do {
            let (header, claims, _) = try DefaultJWTParser().parse(Array(text.utf8), as: AuthTokenClaims.self)
            parsed = (header, claims)
        } catch {
            throw .malformed
        }
        guard parsed.header.alg == "HS256" else { throw .wrongAlgorithm }
        guard let keys = applications[parsed.claims.token.appID] else { throw .unknownApplication }
        do {
            return try await keys.verify(text, as: AuthTokenClaims.self).token
        } catch {
            throw .badSignature
        }
    }

    private func check(_ token: AuthToken, allowingExpired: Bool) throws(TokenError) {
        let now = Double(clock.unixMilliseconds) / 1000
        guard Identifier.isRandomUUID(token.id), token.isComplete, token.issuedAt >= 0, token.expiresAt >= 0 else {
            throw .malformed
        }
        guard token.issuedAt <= now + Self.maximumFutureIssue else { throw .issuedInFuture }
        guard token.expiresAt <= token.issuedAt + Self.maximumLifetime else { throw .livesTooLong }
        guard allowingExpired || (token.expiresAt > now && !isRevoked(token)) else { throw .expired }
    }
}
