// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTC

/// WHEP over HTTP (draft-ietf-wish-whep): `POST` at `/whep/{channel}`, `PATCH` and `DELETE` at the session that it
/// answers with.
struct WHEPRoutes: Sendable {
    let whep: WHEP

    /// Seconds after which a viewer that found no publisher asks again.
    private static let retryAfter = "1"
    private static let endpointMethods = "POST, GET, HEAD, OPTIONS"
    private static let sessionMethods = "PATCH, DELETE, GET, HEAD, OPTIONS"

    /// Adds the routes.
    func add(to router: Router<some RequestContext>) {
        let group = router.group("whep").add(
            middleware: CrossOriginMiddleware(
                methods: [.get, .head, .post, .patch, .delete, .options],
                headers: [.authorization, .contentType, .ifMatch, .eTag],
                exposed: [.location, .eTag, .retryAfter, .acceptPatch, .accessControlAllowMethods]
            )
        )
        addEndpoint(to: group)
        addSession(to: group)
    }

    private func addEndpoint(to group: RouterGroup<some RequestContext>) {
        group.post(":channel") { request, context in
            try await begin(request, channel: try Self.part("channel", of: context))
        }
        let headers: HTTPFields = [.allow: Self.endpointMethods, .acceptPost: MediaType.sdp]
        var described = headers
        // The type is how players recognise an endpoint (§4.2 of the draft).
        described[.contentType] = MediaType.sdp
        for method in [HTTPRequest.Method.get, .head] {
            group.on(":channel", method: method) { [described] _, _ in Response(status: .ok, headers: described) }
        }
        group.on(":channel", method: .options) { _, _ in Response(status: .ok, headers: headers) }
        refuse([.put, .patch, .delete], at: ":channel", allowed: Self.endpointMethods, in: group)
    }

    private func addSession(to group: RouterGroup<some RequestContext>) {
        let path: RouterPath = "sessions/:session"
        let headers: HTTPFields = [.allow: Self.sessionMethods, .acceptPatch: MediaType.trickleICE]
        group.patch(path) { request, context in try await patch(request, of: try Self.part("session", of: context)) }
        group.delete(path) { _, context in
            guard await whep.end(try Self.part("session", of: context)) else { throw Self.noSession }
            return Response(status: .ok)
        }
        for method in [HTTPRequest.Method.get, .head] {
            group.on(path, method: method) { _, context in
                guard await whep.contains(try Self.part("session", of: context)) else { throw Self.noSession }
                return Response(status: .noContent, headers: headers)
            }
        }
        group.on(path, method: .options) { _, _ in Response(status: .ok, headers: headers) }
        refuse([.put, .post], at: path, allowed: Self.sessionMethods, in: group)
    }

    private func refuse(
        _ methods: [HTTPRequest.Method],
        at path: RouterPath,
        allowed: String,
        in group: RouterGroup<some RequestContext>
    ) {
        for method in methods {
            group.on(path, method: method) { _, _ -> Response in
                throw Problem(.methodNotAllowed, detail: "Use one of \(allowed).").header(.allow, allowed)
            }
        }
    }

    private static let noSession = Problem(.notFound, detail: "There is no such session.")

    private func begin(_ request: Request, channel: String) async throws -> Response {
        let buffer = try await Self.body(of: request, as: MediaType.sdp, accept: .acceptPost)
        let member = request.uri.queryParameters["member"].map(String.init)
        do throws(SFUAPIError) {
            let offer = try Self.offer(buffer)
            let session = try await whep.watch(channel, member: member, offer: offer)
            return Response(
                status: .created,
                headers: [
                    .contentType: MediaType.sdp, .location: "/whep/sessions/\(session.id)",
                    .eTag: session.entityTag.headerValue, .acceptPatch: MediaType.trickleICE,
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(string: session.answer))
            )
        } catch {
            throw Self.problem(error)
        }
    }

    private func patch(_ request: Request, of session: String) async throws -> Response {
        guard await whep.contains(session) else { throw Self.noSession }
        let body = try await Self.body(of: request, as: MediaType.trickleICE, accept: .acceptPatch)
        let condition = EntityTagCondition(ifMatch: request.headers[.ifMatch])
        do throws(SFUAPIError) {
            let answer = try await whep.patch(try Self.fragment(body), condition: condition, of: session)
            guard let answer else { return Response(status: .noContent) }
            return Response(
                status: .ok,
                headers: [.contentType: MediaType.trickleICE, .eTag: answer.tag.headerValue],
                body: ResponseBody(byteBuffer: ByteBuffer(string: answer.fragment.text))
            )
        } catch {
            throw Problem(error.status, detail: error.message)
        }
    }

    /// Reads a body of a type.
    private static func body(
        of request: Request,
        as type: String,
        accept: HTTPField.Name
    ) async throws -> ByteBuffer {
        guard MediaType.matches(request.headers[.contentType], type) else {
            throw Problem(.unsupportedMediaType, detail: "Send it as \(type).").header(accept, type)
        }
        do {
            return try await request.body.collect(upTo: Request.maximumBodySize)
        } catch {
            throw Problem(.contentTooLarge, detail: "Send at most 64 KiB.")
        }
    }

    private static func fragment(_ body: ByteBuffer) throws(SFUAPIError) -> SDPFragment {
        do {
            return try SDPFragment(parsing: body.readableBytesView)
        } catch {
            throw .badRequest(error.message)
        }
    }

    private static func offer(_ body: ByteBuffer) throws(SFUAPIError) -> SDPOffer {
        do {
            let offer = try SDPOffer(parsing: body.readableBytesView)
            try offer.checkWatching()
            return offer
        } catch {
            throw SFUAPIError(error)
        }
    }

    /// The refusal as a viewer's page reads it; what may be different soon says when to ask again.
    private static func problem(_ error: SFUAPIError) -> Problem {
        switch error.status {
        case .notFound:
            Problem(.notFound, detail: "Nobody publishes here at the moment. \(error.message)")
                .header(.retryAfter, retryAfter)
        case .forbidden, .tooManyRequests:
            Problem(.serviceUnavailable, detail: error.message).header(.retryAfter, retryAfter)
        default:
            Problem(error.status, detail: error.message)
        }
    }

    private static func part(_ name: String, of context: some RequestContext) throws -> String {
        guard let value = context.parameters.get(name) else { throw Problem(.notFound) }
        return value
    }
}
