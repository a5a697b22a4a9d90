// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Foundation
internal import HTTPKit
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// Where to publish, and how long that may take.
package struct WHIPEndpoint: Sendable {
    /// The endpoint's address.
    package var address: WHIPAddress
    /// The bearer token; never logged.
    package var bearer: String?
    /// How long the POST may take, redirections and the answer's body included.
    package var timeout: Duration = .seconds(10)
    /// How long the DELETE may take.
    package var deletionTimeout: Duration = .seconds(3)

    /// Makes an endpoint.
    ///
    /// - Parameters:
    ///   - address: the endpoint's address.
    ///   - bearer: the bearer token, where one is needed.
    package init(_ address: WHIPAddress, bearer: String? = nil) {
        self.address = address
        self.bearer = bearer
    }

    /// The most redirections that are followed.
    static let maximumRedirections = 5
    /// The most bytes of an answer, or of a refusal's explanation.
    static let maximumBody = 64 * 1024

    /// Opens a session (RFC 9725 §4.2).
    ///
    /// 307 and 308 are followed with body and token; 301, 302 and 303 are not, since they would turn the POST into a GET
    /// (RFC 9725 §4.5).
    ///
    /// - Parameters:
    ///   - offer: the offer, in SDP.
    ///   - client: a client that follows no redirection by itself.
    ///   - logger: where to tell what happens.
    /// - Returns: the session.
    /// - Throws: why there is none; also when the task is cancelled.
    func open(offer: String, by client: HTTPClient, logger: Logger) async throws(WHIPError) -> WHIPResource {
        var address = address
        let deadline = ContinuousClock.now + timeout
        for _ in 0...Self.maximumRedirections {
            let response = try await post(offer, to: address, by: client, until: deadline)
            guard (300..<400).contains(response.status) else { return try Self.resource(response, from: address) }
            address = try Self.redirection(response, from: address)
            logger.debug("The endpoint sends elsewhere.", metadata: ["whip.endpoint": "\(address)"])
        }
        throw WHIPError(.redirect, "The endpoint redirects more than \(Self.maximumRedirections) times.")
    }

    /// Ends a session (RFC 9725 §4.2); says whether the endpoint agreed, or knew it no more.
    func close(_ resource: WHIPResource, by client: HTTPClient) async -> Bool {
        var request = request(.DELETE, resource.address)
        if let tag = resource.entityTag { request.headers.add(name: "If-Match", value: tag) }
        let prepared = request
        let status = try? await withTimeLimit(deletionTimeout) {
            try await client.execute(prepared, deadline: .distantFuture).status.code
        }
        return status.map { (200..<300).contains($0) || $0 == 404 || $0 == 410 } ?? false
    }

    private func post(
        _ offer: String,
        to address: WHIPAddress,
        by client: HTTPClient,
        until deadline: ContinuousClock.Instant
    ) async throws(WHIPError) -> WHIPResponse {
        var request = request(.POST, address)
        request.headers.add(name: "Content-Type", value: MediaType.sdp)
        request.headers.add(name: "Accept", value: "\(MediaType.sdp), \(MediaType.problem)")
        request.body = .bytes(ByteBuffer(string: offer))
        let prepared = request
        let response: WHIPResponse?
        do {
            response = try await withTimeLimit(.zero - (ContinuousClock.now - deadline)) {
                try await WHIPResponse(client.execute(prepared, deadline: .distantFuture), limit: Self.maximumBody)
            }
        } catch let error as WHIPError {
            throw error
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw WHIPError(.unreachable, "The WHIP endpoint \(address) can't be reached: \(reason).")
        }
        guard let response else {
            throw WHIPError(.timedOut, "The WHIP endpoint \(address) did not answer within \(timeout).")
        }
        return response
    }

    private func request(_ method: HTTPMethod, _ address: WHIPAddress) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.text)
        request.method = method
        request.headers.add(name: "User-Agent", value: "skyway-whip-gateway")
        if let bearer { request.headers.add(name: "Authorization", value: "Bearer \(bearer)") }
        return request
    }

    private static func redirection(
        _ response: WHIPResponse,
        from address: WHIPAddress
    ) throws(WHIPError) -> WHIPAddress {
        guard response.status == 307 || response.status == 308 else {
            throw WHIPError(
                .redirect,
                "The endpoint redirects with \(response.status), which loses the offer; it has to be 307 or 308."
            )
        }
        guard let target = response.location.flatMap(address.resolving) else {
            throw WHIPError(.redirect, "The endpoint redirects to nowhere, or from https to http.")
        }
        return target
    }

    private static func resource(
        _ response: WHIPResponse,
        from address: WHIPAddress
    ) throws(WHIPError) -> WHIPResource {
        guard response.status >= 200, response.status < 300 else { throw response.refusal }
        guard response.status == 201 else {
            throw WHIPError(.badAnswer, "The endpoint answered \(response.status) where WHIP has 201 Created.")
        }
        guard MediaType.matches(response.contentType ?? MediaType.sdp, MediaType.sdp) else {
            throw WHIPError(.badAnswer, "The endpoint's answer is not SDP.")
        }
        guard let resource = response.location.flatMap(address.resolving) else {
            throw WHIPError(.badAnswer, "The endpoint did not say in a Location header where the session is.")
        }
        return WHIPResource(
            address: resource,
            answer: response.body,
            entityTag: response.entityTag,
            links: response.links
        )
    }
}
