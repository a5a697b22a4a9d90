// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import JWTKit
import Logging
import NIOCore
import NIOHTTP1

/// Judges JSON Web Tokens by a key set in a file or at an address, which is read anew when it changes.
actor AccessTokens {
    /// What tokens are judged by.
    struct Configuration: Sendable {
        /// A path, or an address that begins with `https:` or `http:`.
        var keySet: String
        /// Who has to have issued them; `nil` for anybody who has a key.
        var issuer: String?
        /// Whom they have to be for; `nil` for anybody.
        var audience: String?
        /// How far the issuer's clock may be from ours.
        var leeway: TimeInterval = 30
        /// The time between two readings of an address.
        var refreshInterval = Duration.seconds(600)
        /// The time before an address is asked again for a key that it did not have.
        var retryInterval = Duration.seconds(30)
    }

    private let configuration: Configuration
    private let client: HTTPClient
    private let logger: Logger
    private var keySet: AccessTokenKeySet?
    private var isFetching = false
    private var lastFetch: ContinuousClock.Instant?

    private static let tokenLimit = 8 * 1024
    private static let keySetLimit = 256 * 1024

    /// Makes a judge without keys; `load` reads them.
    init(_ configuration: Configuration, client: HTTPClient, logger: Logger) {
        self.configuration = configuration
        self.client = client
        self.logger = logger
    }

    private nonisolated var isAddress: Bool {
        configuration.keySet.hasPrefix("https:") || configuration.keySet.hasPrefix("http:")
    }

    // MARK: Tokens

    /// What a token allows.
    ///
    /// - Parameters:
    ///   - token: what was sent.
    ///   - now: the time.
    /// - Returns: the grant; `nil` where it does not look like a JSON Web Token.
    /// - Throws: `Refusal.invalidToken`, or `Refusal.authorizationUnavailable` while there are no keys.
    func grant(for token: BearerToken, at now: Date) async throws(Refusal) -> PublishGrant? {
        guard token.exposed.utf8.count <= Self.tokenLimit, let header = Self.header(of: token.exposed) else {
            return nil
        }
        guard header.crit == nil else { throw .invalidToken(.malformed) }
        let claims = try await claims(of: token.exposed, by: try await keys(for: header))
        try check(claims, at: now)
        let identity = claims.sub ?? claims.jti
        let publisher = identity.map { PublisherIdentity.subject($0, issuer: claims.iss ?? "") }
        do {
            return try claims.grant.applied(to: PublishGrant(publisher: publisher ?? .token(token.digest)))
        } catch {
            throw .invalidToken(.invalidGrant(error))
        }
    }

    private static func header(of token: String) -> AccessTokenHeader? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let data = Data(base64URL: String(parts[0])) else { return nil }
        return try? JSONDecoder().decode(AccessTokenHeader.self, from: data)
    }

    private func keys(for header: AccessTokenHeader) async throws(Refusal) -> [AccessTokenKeySet.Key] {
        if let keys = keySet?.keys(for: header), !keys.isEmpty { return keys }
        // A key that is new at the issuer: the set may have changed since it was read.
        guard !isFetching else { throw .authorizationUnavailable }
        if isAddress, lastFetch.map({ .now - $0 >= configuration.retryInterval }) ?? true { await load() }
        guard let keySet else { throw .authorizationUnavailable }
        let keys = keySet.keys(for: header)
        guard !keys.isEmpty else { throw .invalidToken(.unknownKey) }
        return keys
    }

    private func claims(
        of token: String,
        by keys: [AccessTokenKeySet.Key]
    ) async throws(Refusal) -> AccessTokenClaims {
        for key in keys {
            if let claims = try? await key.verifier.verify(token, as: AccessTokenClaims.self) { return claims }
        }
        throw .invalidToken(.badSignature)
    }

    private func check(_ claims: AccessTokenClaims, at now: Date) throws(Refusal) {
        let seconds = now.timeIntervalSince1970
        guard let expiry = claims.exp else { throw .invalidToken(.noExpiry) }
        guard seconds < expiry + configuration.leeway else { throw .invalidToken(.expired) }
        if let start = claims.nbf, seconds < start - configuration.leeway { throw .invalidToken(.notYetValid) }
        if let issuer = configuration.issuer, claims.iss != issuer { throw .invalidToken(.wrongIssuer) }
        if let audience = configuration.audience, claims.aud?.values.contains(audience) != true {
            throw .invalidToken(.wrongAudience)
        }
    }

    // MARK: Keys

    /// Reads the keys for the first time.
    ///
    /// - Throws: why a file can't be used; an address that does not answer is asked again later.
    func start() async throws {
        if isAddress {
            await load()
        } else {
            keySet = try await read()
        }
    }

    /// Keeps the keys up to date until the task is cancelled.
    ///
    /// - Parameter interval: the time between two looks at a file.
    func watch(every interval: Duration) async {
        if isAddress {
            while (try? await Task.sleep(for: configuration.refreshInterval)) != nil { await load() }
        } else {
            await FileStamp.watch([configuration.keySet], every: interval) { await load() }
        }
    }

    private func load() async {
        isFetching = true
        lastFetch = .now
        defer { isFetching = false }
        do {
            let fresh = try await read()
            keySet = fresh
            logger.info("Keys of access tokens read", metadata: ["keys": "\(fresh.keys.count)"])
        } catch {
            logger.warning("The keys of access tokens can't be read", metadata: ["error": "\(error)"])
        }
    }

    private func read() async throws -> AccessTokenKeySet {
        guard isAddress else {
            guard let data = try AtomicFile(path: configuration.keySet).read() else {
                throw InvalidKeySet(description: "there is no file \(configuration.keySet)")
            }
            return try await AccessTokenKeySet(parsing: data, allowsSecrets: true)
        }
        let response = try await client.execute(HTTPClientRequest(url: configuration.keySet), timeout: .seconds(3))
        guard response.status == .ok else { throw InvalidKeySet(description: "the answer is \(response.status.code)") }
        let body = try await response.body.collect(upTo: Self.keySetLimit)
        return try await AccessTokenKeySet(parsing: Data(body.readableBytesView), allowsSecrets: false)
    }
}
