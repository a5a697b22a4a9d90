// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// JSON answers of the REST services.
enum JSONAnswer {
    /// 200 with a body.
    static func ok(_ body: some Encodable) -> Response { make(.ok, body) }

    /// Runs a call and turns what it throws into its answer, so that errors pass all middleware as answers do.
    static func respond(_ call: () async throws(SFUAPIError) -> Response) async -> Response {
        do {
            return try await call()
        } catch {
            return failure(error)
        }
    }

    /// The answer of a call that has failed.
    static func failure(_ error: SFUAPIError) -> Response {
        make(error.status, SFUBodies.Failure(message: error.message, code: error.code))
    }

    private static func make(_ status: HTTPResponse.Status, _ body: some Encodable) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONText.encodeBytes(body)))
        )
    }
}

extension Request {
    /// The longest body taken.
    static let maximumBodySize = 64 * 1024

    /// Reads the body in the shape a call asks for.
    func decodedBody<Body: Decodable>() async throws(SFUAPIError) -> Body {
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: Self.maximumBodySize)
        } catch {
            throw SFUAPIError(.contentTooLarge, "The body is too large.")
        }
        do {
            return try JSONText.decode(Body.self, from: Data(buffer.readableBytesView))
        } catch {
            throw .badRequest("The body does not fit.")
        }
    }

    /// Checks the bearer token of the request.
    ///
    /// - Parameters:
    ///   - verifier: what checks it.
    ///   - allowingExpired: for the one call that keeps sending an old token (protocol page §1.7).
    /// - Returns: the token.
    /// - Throws: 401 when there is none or it is refused.
    func verifiedToken(
        by verifier: TokenVerifier,
        allowingExpired: Bool = false
    ) async throws(SFUAPIError) -> AuthToken {
        let words = (headers[.authorization] ?? "").split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw .unauthorized("The request has no bearer token.")
        }
        do {
            return try await verifier.verify(String(words[1]), allowingExpired: allowingExpired)
        } catch {
            throw .unauthorized("\(error)")
        }
    }
}
