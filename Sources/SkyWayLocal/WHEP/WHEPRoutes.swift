// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTC

/// WHEP over HTTP: `POST` at `/whep/{channel}`, `DELETE` at the session it answers with.
struct WHEPRoutes: Sendable {
    let whep: WHEP

    /// Seconds after which a viewer that found no publisher asks again.
    private static let retryAfter = "1"

    /// Adds the routes.
    func add(to router: Router<some RequestContext>) {
        let group = router.group("whep")
        group.post(":channel") { request, context in
            try await begin(request, channel: try Self.part("channel", of: context))
        }
        for method in [HTTPRequest.Method.options, .head, .get] {
            group.on(":channel", method: method) { _, _ in
                Response(status: .noContent, headers: [Self.acceptPost: MediaType.sdp])
            }
        }
        group.delete("sessions/:session") { _, context in
            guard await whep.end(try Self.part("session", of: context)) else {
                throw Problem(.notFound, detail: "There is no such session.")
            }
            return Response(status: .ok)
        }
        group.patch("sessions/:session") { _, _ -> Response in
            // The viewer's candidates are learnt from its checks, so that there is nothing to trickle.
            throw Problem(.methodNotAllowed, detail: "A session can be deleted, not changed.")
                .header(.allow, "DELETE")
        }
    }

    private func begin(_ request: Request, channel: String) async throws -> Response {
        guard MediaType.matches(request.headers[.contentType], MediaType.sdp) else {
            throw Problem(.unsupportedMediaType, detail: "An offer is sent as application/sdp.")
                .header(.accept, MediaType.sdp)
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Request.maximumBodySize)
        } catch {
            throw Problem(.contentTooLarge, detail: "An offer has at most 64 KiB.")
        }
        let member = request.uri.queryParameters["member"].map(String.init)
        do throws(SFUAPIError) {
            let offer = try Self.offer(buffer)
            let session = try await whep.watch(channel, member: member, offer: offer)
            return Response(
                status: .created,
                headers: [.contentType: MediaType.sdp, .location: "/whep/sessions/\(session.id)"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: session.answer))
            )
        } catch {
            throw Self.problem(error)
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

    private static let acceptPost = HTTPField.Name("Accept-Post") ?? .accept
}
