// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

/// The eleven calls of the SFU API as routes (protocol page §3.1).
struct SFURoutes: Sendable {
    let api: SFUAPI
    let verifier: TokenVerifier

    /// Adds the routes.
    func add(to router: Router<some RequestContext>) {
        let version = router.group("v4")
        addBots(to: version.group("bots"))
        addForwardings(to: version.group("bots/:botId/forwardings"))
        addTransports(to: version.group("transports"))
        version.post("confirm-subscription") { request, _ in
            await answer(request) { token throws(SFUAPIError) in
                let body: SFUBodies.ConfirmSubscription = try await request.decodedBody()
                try await api.faults.confirm { () async throws(SFUAPIError) in
                    try await api.controlPlane.confirm(body, token: token)
                }
                return JSONAnswer.ok(SFUBodies.Confirmed())
            }
        }
    }

    private func addBots(to bots: RouterGroup<some RequestContext>) {
        bots.post { request, _ in
            await answer(request) { token throws(SFUAPIError) in
                let body: SFUBodies.CreateBot = try await request.decodedBody()
                guard body.appId == token.appID else { throw .insufficientPermissions }
                let id = try await api.controlPlane.createBot(channelID: body.channelId, token: token)
                return JSONAnswer.ok(SFUBodies.Identified(id: id))
            }
        }
        bots.delete(":botId") { request, context in
            await answer(request) { token throws(SFUAPIError) in
                try await api.controlPlane.deleteBot(try context.path("botId"), token: token)
                return Response(status: .noContent)
            }
        }
    }

    private func addForwardings(to forwardings: RouterGroup<some RequestContext>) {
        forwardings.post { request, context in
            await answer(request) { token throws(SFUAPIError) in
                let started = try await api.startForwarding(
                    try await request.decodedBody(),
                    botID: try context.path("botId"),
                    token: token
                )
                return JSONAnswer.ok(started)
            }
        }
        forwardings.delete(":forwardingId") { request, context in
            await answer(request) { token throws(SFUAPIError) in
                try await api.controlPlane.stopForwarding(
                    try context.path("forwardingId"),
                    botID: try context.path("botId"),
                    token: token
                )
                return Response(status: .noContent)
            }
        }
        forwardings.put(":forwardingId/transports/producers") { request, context in
            await answer(request) { token throws(SFUAPIError) in
                let created = try await api.createProducer(
                    try await request.decodedBody(),
                    botID: try context.path("botId"),
                    forwardingID: try context.path("forwardingId"),
                    token: token
                )
                return JSONAnswer.ok(created)
            }
        }
        forwardings.get(":forwardingId/transports/rtp-capabilities") { request, context in
            await answer(request) { token throws(SFUAPIError) in
                _ = try await api.controlPlane.forwarding(
                    try context.path("forwardingId"),
                    botID: try context.path("botId"),
                    for: .readChannel,
                    token: token
                )
                return JSONAnswer.ok(SFUBodies.Capabilities(rtpCapabilities: api.router.capabilities))
            }
        }
        forwardings.post(":forwardingId/transports/consumers") { request, context in
            await answer(request) { token throws(SFUAPIError) in
                let created = try await api.createConsumer(
                    try await request.decodedBody(),
                    botID: try context.path("botId"),
                    forwardingID: try context.path("forwardingId"),
                    token: token
                )
                return JSONAnswer.ok(created)
            }
        }
    }

    private func addTransports(to transports: RouterGroup<some RequestContext>) {
        transports.put("connections") { request, _ in
            await answer(request) { token throws(SFUAPIError) in
                let body: SFUBodies.Connect = try await request.decodedBody()
                try await api.authorize(token, forTransport: body.transportId)
                try await api.router.connect(body.transportId, remote: body.dtlsParameters)
                return JSONAnswer.ok(SFUBodies.TransportID(transportId: body.transportId))
            }
        }
        transports.put("connections/ice") { request, _ in
            await answer(request, allowingExpired: true) { token throws(SFUAPIError) in
                let body: SFUBodies.TransportID = try await request.decodedBody()
                try await api.authorize(token, forTransport: body.transportId)
                let parameters = try await api.router.restartICE(body.transportId)
                return JSONAnswer.ok(SFUBodies.RestartedICE(iceParameters: parameters))
            }
        }
        transports.put("consumers/:consumerId/layers") { request, context in
            await answer(request) { token throws(SFUAPIError) in
                let body: SFUBodies.ChangeLayer = try await request.decodedBody()
                try await api.authorize(token, forTransport: body.transportId)
                try await api.router.selectLayer(
                    body.spatialLayer,
                    ofConsumer: try context.path("consumerId"),
                    transportID: body.transportId
                )
                return JSONAnswer.ok(SFUBodies.TransportID(transportId: body.transportId))
            }
        }
    }

    private func answer(
        _ request: Request,
        allowingExpired: Bool = false,
        _ call: (AuthToken) async throws(SFUAPIError) -> Response
    ) async -> Response {
        await JSONAnswer.respond { () async throws(SFUAPIError) in
            try await call(try await request.verifiedToken(by: verifier, allowingExpired: allowingExpired))
        }
    }
}

extension RequestContext {
    /// A part of the path that the route names.
    fileprivate func path(_ name: String) throws(SFUAPIError) -> String {
        guard let value = parameters.get(name) else { throw .notFound(name) }
        return value
    }
}
