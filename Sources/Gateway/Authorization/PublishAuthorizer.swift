// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Foundation
package import Logging
package import SkyWay

/// Says who may publish what: by the tokens of the configuration, the file of stream keys, and JSON Web Tokens.
///
/// Where any of these is configured one of them has to say yes; where none is, everybody may. The hook, which may say
/// no after that, is asked when the broadcast begins.
package struct PublishAuthorizer: Sendable {
    private let tokens: [BearerToken]
    private let keys: StreamKeys?
    private let accessTokens: AccessTokens?
    /// Counts the requests that it judges.
    let rates: PublishRates
    private let watchInterval: Duration
    private let now: @Sendable () -> Date

    /// Makes an authorizer, and reads the keys for the first time.
    ///
    /// - Parameters:
    ///   - configuration: the gateway's.
    ///   - logger: where it reports.
    ///   - watchInterval: the time between two looks at a file.
    ///   - now: the time.
    /// - Throws: why a file can't be used.
    package init(
        _ configuration: GatewayConfiguration,
        logger: Logger,
        watchInterval: Duration = .seconds(1),
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        rates = PublishRates(configuration.limits)
        tokens = configuration.bearerTokens.map { BearerToken($0.exposed) }
        keys = try configuration.streamKeys.map { try StreamKeys(path: $0, logger: logger) }
        accessTokens = configuration.keySet.map { keySet in
            AccessTokens(
                AccessTokens.Configuration(
                    keySet: keySet,
                    issuer: configuration.tokenIssuer,
                    audience: configuration.tokenAudience
                ),
                client: SkyWayLink.Clients.sharedHTTP,
                logger: logger
            )
        }
        self.watchInterval = watchInterval
        self.now = now
        try await accessTokens?.start()
    }

    /// Whether publishers have to send something.
    package var isNeeded: Bool { !tokens.isEmpty || keys != nil || accessTokens != nil }

    /// What somebody may publish.
    ///
    /// - Parameters:
    ///   - token: the bearer token, or the stream key of the address.
    ///   - channel: the channel that the address names.
    /// - Returns: the grant.
    /// - Throws: `Refusal`.
    package func grant(for token: BearerToken?, in channel: ChannelReference?) async throws(Refusal) -> PublishGrant {
        guard isNeeded else { return PublishGrant(publisher: token.map { .token($0.digest) }) }
        guard let token else { throw .unauthorized(hadToken: false) }
        let grant = try await grant(for: token)
        if let bound = grant.channel, let channel, bound != channel { throw .channelNotAllowed }
        return grant
    }

    private func grant(for token: BearerToken) async throws(Refusal) -> PublishGrant {
        if tokens.contains(where: { $0.matches(token) }) { return PublishGrant(publisher: .token(token.digest)) }
        let time = now()
        if let grant = try keys?.grant(for: token, at: time) { return grant }
        if let grant = try await accessTokens?.grant(for: token, at: time) { return grant }
        throw .unauthorized(hadToken: true)
    }

    /// Whether what was granted still is: a key may have been revoked meanwhile.
    package func isInForce(_ grant: PublishGrant) -> Bool {
        guard case .key(let id) = grant.credential else { return true }
        return keys?.contains(id) ?? false
    }

    /// Keeps keys up to date until the task is cancelled.
    ///
    /// - Parameter revoked: told who may not publish any more.
    package func run(revoked: @escaping @Sendable (Set<PublisherIdentity>) async -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await keys?.watch(every: watchInterval) { ids in await revoked(Set(ids.map { .key($0) })) }
            }
            group.addTask { await accessTokens?.watch(every: watchInterval) }
        }
    }
}
