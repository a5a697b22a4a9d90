// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient

/// Where tokens come from.
package enum TokenSource: Hashable, Sendable {
    /// Made here by the application's secret.
    case secret(appID: String, Redacted<String>)
    /// Asked for at a server of the user's, so that the secret need not be on this machine; with the id of the
    /// application where it is known.
    case server(TokenServer.Configuration, appID: String?)
    /// One that was given, and can't be renewed.
    case fixed(AuthToken)
}

/// Gets tokens for one purpose, and passes none on that would not do.
package struct TokenSupply: Sendable {
    private let source: TokenSource
    /// What the tokens are for.
    private(set) var purpose: TokenMinter.Purpose
    private let configuration: SkyWayConfiguration
    private let clock: SkyWayClock
    private let client: HTTPClient

    /// Makes a supply.
    ///
    /// - Parameters:
    ///   - purpose: what the tokens are for.
    ///   - configuration: where they come from.
    ///   - clients: the HTTP client for a token server, and the clock by which tokens live.
    package init(
        _ purpose: TokenMinter.Purpose,
        configuration: SkyWayConfiguration,
        clients: SkyWayLink.Clients
    ) {
        self.purpose = purpose
        self.configuration = configuration
        source = configuration.tokens
        clock = clients.clock
        client = clients.http
    }

    /// Whether another token can be had when one ends.
    var isRenewable: Bool {
        if case .fixed = source { return false }
        return true
    }

    /// Has the tokens from now on allow one more kind of change.
    mutating func allow(updatesOf subject: MetadataSubject) { purpose.updates.insert(subject) }

    /// Gets the first token, with a second attempt where that may help: a publisher waits.
    package func first() async throws(SkyWayError) -> AuthToken {
        do {
            return try await token()
        } catch {
            guard case .server = source, error.retryability == .afterWaiting else { throw error }
            guard (try? await Task.sleep(for: .milliseconds(.random(in: 100..<200)))) != nil else { throw error }
            return try await token()
        }
    }

    /// Gets a token by one attempt.
    ///
    /// - Throws: why there is none, or what the one there is lacks.
    func token() async throws(SkyWayError) -> AuthToken {
        let token = try await unchecked()
        try check(token)
        return token
    }

    /// Gets a token by one attempt, whatever it allows.
    package func unchecked() async throws(SkyWayError) -> AuthToken {
        switch source {
        case .secret(let appID, let secret):
            let minter = TokenMinter(appID: appID, secret: secret, version: configuration.tokenVersion)
            return try await minter.mint(
                for: purpose,
                issuedAt: Int(clock.now()),
                lifetime: configuration.tokenLifetime
            )
        case .server(let configuration, _):
            return try await TokenServer(configuration, client: client).token(for: purpose)
        case .fixed(let token):
            return token
        }
    }

    private func check(_ token: AuthToken) throws(SkyWayError) {
        var service = SkyWayError.Service.token
        if case .server(_, let appID) = source {
            service = .tokenServer
            if let appID, token.appID != appID {
                let detail = "The token is for another application than SKYWAY_APP_ID says."
                throw SkyWayError(.tokenRefused, service, detail: detail)
            }
        }
        let left = token.life(at: clock.now())
        guard left >= TokenLife.shortest else {
            let seconds = left.components.seconds
            let state = seconds <= 0 ? "has run out" : "ends in \(seconds) s"
            throw SkyWayError(
                .tokenRefused,
                service,
                detail: "The token \(state); it has to live \(TokenLife.shortest.components.seconds) s or more."
            )
        }
        let review = TokenReview(token, for: purpose)
        guard review.missing.isEmpty else {
            throw SkyWayError(.scopeMissing, service, detail: "The token does not do. \(review.sentence)")
        }
    }
}
