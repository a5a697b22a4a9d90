// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
package import Hummingbird
import SkyWay

/// The WHIP resources (RFC 9725): endpoints to publish at, and the sessions that come of it.
package struct WHIPController: Sendable {
    let registry: BroadcastRegistry
    let settings: WHIPSettings
    let authorizer: PublishAuthorizer

    static let endpointMethods = "POST, GET, HEAD, OPTIONS"
    static let sessionMethods = "PATCH, DELETE, GET, HEAD, OPTIONS"

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - settings: what the resources are set up by.
    ///   - authorizer: says who may publish what.
    package init(
        registry: BroadcastRegistry,
        settings: WHIPSettings = WHIPSettings(),
        authorizer: PublishAuthorizer
    ) {
        self.registry = registry
        self.settings = settings
        self.authorizer = authorizer
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    package func add(to router: Router<GatewayRequestContext>) {
        for endpoint: RouterPath in ["whip", "whip/:channel", "whip/:channel/:key"] {
            router.post(endpoint) { request, context in try await publish(request, context) }
            for method in [HTTPRequest.Method.get, .head] {
                router.on(endpoint, method: method) { _, _ in Response(status: .noContent, headers: endpointHeaders) }
            }
            router.on(endpoint, method: .options) { request, context in
                await options(of: request, context)
            }
            refuse([.put, .patch, .delete], at: endpoint, allowed: Self.endpointMethods, in: router)
        }
        // Taken by the sessions' URLs; a room of that name is reached by its id.
        router.post("whip/sessions") { _, _ -> Response in throw Refusal.invalidChannel }
        let session: RouterPath = "whip/sessions/:id"
        router.patch(session) { request, context in try await patch(request, context) }
        router.delete(session) { request, context in try await end(request, context) }
        for method in [HTTPRequest.Method.get, .head] {
            router.on(session, method: method) { request, context in try await look(request, context) }
        }
        router.on(session, method: .options) { _, _ in Response(status: .ok, headers: sessionHeaders) }
        refuse([.post, .put], at: session, allowed: Self.sessionMethods, in: router)
    }

    /// What a look at an endpoint tells (RFC 9725 §4.2).
    private var endpointHeaders: HTTPFields { [.allow: Self.endpointMethods, .acceptPost: MediaType.sdp] }

    /// What a look at a session tells (RFC 5789 §3.1).
    var sessionHeaders: HTTPFields { [.allow: Self.sessionMethods, .acceptPatch: MediaType.trickleICE] }

    private func refuse(
        _ methods: [HTTPRequest.Method],
        at path: RouterPath,
        allowed: String,
        in router: Router<GatewayRequestContext>
    ) {
        for method in methods {
            router.on(path, method: method) { _, _ -> Response in throw Refusal.methodNotAllowed(allowed: allowed) }
        }
    }

    /// Answers OPTIONS at an endpoint.
    ///
    /// ICE servers are for whoever may publish, and not for the preflights of browsers (RFC 9725 §4.6).
    private func options(of request: Request, _ context: GatewayRequestContext) async -> Response {
        var headers = endpointHeaders
        let isPreflight = request.headers[.accessControlRequestMethod] != nil
        if !isPreflight, let servers = settings.iceServers,
            (try? await authorizer.authorize(request, context)) != nil
        {
            headers.append(links: servers.links(for: SessionID.make().logText))
        }
        return Response(status: .ok, headers: headers)
    }
}
