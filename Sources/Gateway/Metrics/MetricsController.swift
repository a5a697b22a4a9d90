// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import SkyWay

/// Gives Prometheus what it reads.
struct MetricsController: Sendable {
    private let registry: BroadcastRegistry
    private let requests: RequestMeter
    private let adminKey: AdminKey
    private let key: BearerToken?
    /// Whether whoever comes here can only be on this machine, as long as no proxy says otherwise.
    private let isForThisMachine: Bool

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - requests: what is counted of HTTP.
    ///   - configuration: has the keys.
    init(registry: BroadcastRegistry, requests: RequestMeter, configuration: GatewayConfiguration) {
        self.registry = registry
        self.requests = requests
        adminKey = AdminKey(configuration)
        key = configuration.metricsKey.map { BearerToken($0.exposed) }
        isForThisMachine =
            configuration.isOnLoopback && configuration.whip.publicOrigin == nil
            && configuration.limits.trustedProxies.isEmpty
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    func add(to router: Router<GatewayRequestContext>) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on("metrics", method: method) { request, _ in
                try check(request)
                let text = await GatewayMetrics(registry: registry, requests: requests).text()
                return Response(
                    status: .ok,
                    headers: [.contentType: MetricsText.contentType, .cacheControl: "no-store"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: text))
                )
            }
        }
    }

    /// Lets in who has the key of metrics or the administrative one; where there is neither, whoever is on this machine.
    private func check(_ request: Request) throws(Refusal) {
        if let key {
            let token = BearerToken(authorization: request.headers[.authorization])
            if let token, key.matches(token) { return }
            guard adminKey.isSet else { throw .metricsUnauthorized(hadToken: token != nil) }
        } else if !adminKey.isSet {
            guard isForThisMachine, !isForSomebodyElse(request) else { throw .metricsUnavailable }
            return
        }
        do {
            try adminKey.check(request)
        } catch {
            let hadToken = BearerToken(authorization: request.headers[.authorization]) != nil
            throw .metricsUnauthorized(hadToken: hadToken)
        }
    }

    /// Whether a proxy or a page of another origin asks.
    private func isForSomebodyElse(_ request: Request) -> Bool {
        ["Forwarded", "X-Forwarded-For", "Via", "Origin"].contains { name in
            HTTPField.Name(name).map { request.headers[$0] != nil } ?? false
        }
    }
}
