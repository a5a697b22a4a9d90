// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTC

/// What can be done with a session.
///
/// Whoever knows its URL may do it, since nobody guesses one: some publishers send no token but with POST.
extension WHIPController {
    /// Takes candidates or an ICE restart (RFC 9725 §4.3).
    func patch(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let session = try await session(request, context)
        let fragment = try await readFragment(request)
        let condition = EntityTagCondition(ifMatch: request.headers[.ifMatch])
        let patch = ICEPatch(fragment, condition: condition, isStrict: settings.isStrict)
        switch try await registry.patch(session, patch) {
        case .taken:
            return Response(status: .noContent)
        case .restarted(let fragment, let tag):
            return Response(
                status: .ok,
                headers: [.contentType: MediaType.trickleICE, .eTag: tag.headerValue],
                body: ResponseBody(byteBuffer: ByteBuffer(string: fragment.text))
            )
        }
    }

    private func readFragment(_ request: Request) async throws -> SDPFragment {
        let body = try await request.collectWHIPBody()
        guard MediaType.matches(request.headers[.contentType], MediaType.trickleICE) else {
            throw Refusal.unsupportedPatchType
        }
        do throws(SDPError) {
            return try SDPFragment(parsing: body.readableBytesView)
        } catch {
            throw Refusal.malformedFragment(error)
        }
    }

    /// Ends a session; entity tags mean nothing here (RFC 9725 §4.3.1).
    func end(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let session = try await session(request, context)
        guard await registry.end(session, .deleted) else { throw Refusal.sessionNotFound }
        return Response(status: .ok)
    }

    /// Says whether there is such a session, which has no representation (RFC 9725 §4.1).
    func look(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        _ = try await session(request, context)
        return Response(status: .noContent, headers: sessionHeaders)
    }

    /// The session that a request is about, once the request is counted.
    private func session(_ request: Request, _ context: GatewayRequestContext) async throws(Refusal) -> SessionID {
        try authorizer.rates.countAtSession(request, context)
        let session = SessionID(path: context.parameters.get("id") ?? "")
        guard await registry.contains(session) else { throw .sessionNotFound }
        try authorizer.rates.count(session)
        return session
    }
}
