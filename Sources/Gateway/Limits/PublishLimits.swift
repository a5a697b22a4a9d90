// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
package import RTC

/// How much of the gateway anybody may have.
package struct PublishLimits: Sendable {
    /// Requests to publish from one address, a second; 0 for no limit.
    package var postsPerAddress = 20
    /// Requests to publish with one key, a second; 0 for no limit.
    package var postsPerKey = 2
    /// Requests at sessions (PATCH, DELETE, GET) from one address, a second; 0 for no limit.
    package var sessionRequestsPerAddress = 100
    /// Such requests at one session, a second; 0 for no limit.
    package var requestsPerSession = 10
    /// Sessions at a time in all.
    package var sessions = 500
    /// Sessions at a time with one key; `nil` for as many as in all.
    package var sessionsPerKey: Int?
    /// Proxies that are believed whom they speak for.
    package var trustedProxies: Set<IPAddress> = []

    /// Makes the limits of a gateway that is told nothing of them.
    package init() {}
}

/// Counts requests to publish, and those at sessions.
struct PublishRates: Sendable {
    private let byAddress: RequestRate<IPAddress>?
    private let byKey: RequestRate<PublisherIdentity>?
    private let atSessionsByAddress: RequestRate<IPAddress>?
    private let bySession: RequestRate<SessionID>?
    /// Proxies that are believed whom they speak for.
    let trustedProxies: Set<IPAddress>

    /// Makes counters that have counted nothing yet.
    init(_ limits: PublishLimits) {
        byAddress = RequestRate(perSecond: limits.postsPerAddress)
        byKey = RequestRate(perSecond: limits.postsPerKey)
        atSessionsByAddress = RequestRate(perSecond: limits.sessionRequestsPerAddress)
        bySession = RequestRate(perSecond: limits.requestsPerSession)
        trustedProxies = limits.trustedProxies
    }

    /// Counts a request before anything else is done with it.
    ///
    /// - Returns: where it comes from.
    /// - Throws: `Refusal.tooManyRequests`.
    func count(_ request: Request, _ context: GatewayRequestContext) throws(Refusal) -> ClientAddress {
        let client = ClientAddress(request, context, trusting: trustedProxies)
        if let key = client.key, let seconds = byAddress?.take(key) { throw .tooManyRequests(seconds: seconds) }
        return client
    }

    /// Counts a request at a session before anything is known of that.
    ///
    /// - Throws: `Refusal.tooManyRequests`.
    func countAtSession(_ request: Request, _ context: GatewayRequestContext) throws(Refusal) {
        let client = ClientAddress(request, context, trusting: trustedProxies)
        if let key = client.key, let seconds = atSessionsByAddress?.take(key) {
            throw .tooManyRequests(seconds: seconds)
        }
    }

    /// Counts a request at a session that there is.
    ///
    /// - Throws: `Refusal.tooManyRequests`.
    func count(_ session: SessionID) throws(Refusal) {
        if let seconds = bySession?.take(session) { throw .tooManyRequests(seconds: seconds) }
    }

    /// Counts a request of a publisher that is known.
    ///
    /// - Throws: `Refusal.tooManyRequests`.
    func count(_ publisher: PublisherIdentity?) throws(Refusal) {
        if let publisher, let seconds = byKey?.take(publisher) { throw .tooManyRequests(seconds: seconds) }
    }
}
