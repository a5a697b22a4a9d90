// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
package import Hummingbird
import NIOCore
import RTC
package import SkyWay

/// The WHIP resources (RFC 9725): endpoints to publish at, and the sessions that come of it.
package struct WHIPController: Sendable {
    private let registry: BroadcastRegistry
    private let channel: ChannelReference?
    private let canAsk: Bool
    private let authorizer: PublishAuthorizer

    /// The longest offer that is read.
    static let bodyLimit = 64 * 1024
    private static let endpointMethods = "POST, GET, OPTIONS"
    private static let sessionMethods = "DELETE, GET, OPTIONS"

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - channel: the channel of plain `/whip`, where one is configured.
    ///   - canAsk: whether that channel can be asked for otherwise.
    ///   - authorizer: says who may publish what.
    package init(
        registry: BroadcastRegistry,
        channel: ChannelReference? = nil,
        canAsk: Bool = false,
        authorizer: PublishAuthorizer
    ) {
        self.registry = registry
        self.channel = channel
        self.canAsk = canAsk
        self.authorizer = authorizer
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    package func add(to router: Router<GatewayRequestContext>) {
        for endpoint: RouterPath in ["whip", "whip/:channel", "whip/:channel/:key"] {
            router.post(endpoint) { request, context in try await publish(request, context) }
            router.get(endpoint) { _, _ in Response(status: .noContent, headers: endpointHeaders) }
            router.on(endpoint, method: .options) { _, _ in Response(status: .ok, headers: endpointHeaders) }
            refuse([.put, .patch, .delete, .head], at: endpoint, allowed: Self.endpointMethods, in: router)
        }
        // Taken by the sessions' URLs; a room of that name is reached by its id.
        router.post("whip/sessions") { _, _ -> Response in throw Refusal.invalidChannel }
        let session: RouterPath = "whip/sessions/:id"
        router.delete(session) { _, context in try await end(context) }
        router.get(session) { _, context in try await look(context) }
        router.on(session, method: .options) { _, _ in Response(status: .ok, headers: [.allow: Self.sessionMethods]) }
        refuse([.post, .put, .patch, .head], at: session, allowed: Self.sessionMethods, in: router)
    }

    /// What a look at an endpoint tells (RFC 9725 §4.2).
    private var endpointHeaders: HTTPFields {
        var headers: HTTPFields = [.allow: Self.endpointMethods]
        if let acceptPost = HTTPField.Name.acceptPost { headers[acceptPost] = MediaType.sdp }
        return headers
    }

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

    // MARK: Publishing

    private func publish(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let publisher = try await authorizer.authorize(request, context)
        let publishing = PublishRequest(
            offer: try await readOffer(request),
            channel: try publisher.grant.channel ?? publisher.channel ?? defaultChannel,
            grant: publisher.grant,
            token: publisher.token,
            address: publisher.address,
            userAgent: request.headers[.userAgent],
            requestID: context.requestID
        )
        let answer = try await registry.publish(publishing)
        // Absolute paths: OBS and others put anything else in the wrong place.
        return Response(
            status: .created,
            headers: [.contentType: MediaType.sdp, .location: answer.session.path, .eTag: answer.entityTag],
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.sdp))
        )
    }

    /// Reads and judges an offer, as far as that needs no channel.
    private func readOffer(_ request: Request) async throws -> SDPOffer {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        guard announced ?? 0 <= Self.bodyLimit else { throw Refusal.bodyTooLarge }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge
        }
        guard MediaType.matches(request.headers[.contentType], MediaType.sdp) else {
            throw Refusal.unsupportedMediaType
        }
        let offer: SDPOffer
        do throws(SDPError) {
            offer = try SDPOffer(parsing: body.readableBytesView)
        } catch {
            throw Refusal.malformedOffer(error)
        }
        do throws(SDPError) {
            try offer.checkPublishing()
        } catch {
            throw Refusal.unacceptableOffer(error)
        }
        return offer
    }

    /// The configured channel, or `nil` where it can be asked for.
    private var defaultChannel: ChannelReference? {
        get throws {
            guard channel != nil || canAsk else { throw Refusal.channelNotConfigured }
            return channel
        }
    }

    // MARK: Sessions

    /// Ends a session.
    ///
    /// Whoever knows its URL may: some publishers send no token with DELETE.
    private func end(_ context: GatewayRequestContext) async throws -> Response {
        guard await registry.end(session(of: context), .deleted) else { throw Refusal.sessionNotFound }
        return Response(status: .ok)
    }

    private func look(_ context: GatewayRequestContext) async throws -> Response {
        guard await registry.contains(session(of: context)) else { throw Refusal.sessionNotFound }
        return Response(status: .noContent)
    }

    private func session(of context: GatewayRequestContext) -> SessionID {
        SessionID(path: context.parameters.get("id") ?? "")
    }
}
