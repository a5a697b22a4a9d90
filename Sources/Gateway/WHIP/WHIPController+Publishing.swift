// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTC
import SkyWay

/// POST at an endpoint: an offer in, an answer and a session out (RFC 9725 §4.2).
extension WHIPController {
    /// Takes a publisher, or says why not.
    func publish(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let publisher = try await authorizer.authorize(request, context)
        if let elsewhere = registry.drain.course?.request.redirect ?? settings.redirect {
            // 307, since others make clients repeat a POST as GET (RFC 9725 §4.5).
            let location = elsewhere.address(of: request.uri.string)
            return Response(status: .temporaryRedirect, headers: [.location: location])
        }
        let metadata = try MetadataTexts(sentWith: request, allowing: settings.publisherMetadata)
        var publishing = PublishRequest(
            offer: try await readOffer(request),
            channel: try publisher.grant.channel ?? publisher.channel ?? defaultChannel,
            grant: publisher.grant,
            token: publisher.token,
            address: publisher.address,
            userAgent: request.headers[.userAgent],
            requestID: context.requestID
        )
        publishing.reached = publisher.reached
        publishing.metadata = metadata
        let answer = try await registry.publish(publishing)
        var headers: HTTPFields = [
            .contentType: MediaType.sdp,
            .location: address(of: answer.session),
            .eTag: answer.entityTag.headerValue,
            .acceptPatch: MediaType.trickleICE,
        ]
        headers.append(links: settings.iceServers?.links(for: answer.session.logText))
        return Response(
            status: .created,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.sdp))
        )
    }

    /// The URL of a session.
    ///
    /// A path from the root, since OBS and others put anything less in the wrong place; or a whole address for those
    /// that came by a redirect, since GStreamer puts a path in the place it was sent away from.
    private func address(of session: SessionID) -> String {
        settings.publicOrigin?.address(of: session.path) ?? session.path
    }

    /// Reads and judges an offer, as far as that needs no channel.
    private func readOffer(_ request: Request) async throws -> SDPOffer {
        let body = try await request.collectWHIPBody()
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
            guard settings.channel != nil || settings.canAsk else { throw Refusal.channelNotConfigured }
            return settings.channel
        }
    }
}

extension Request {
    /// The longest body that is read.
    private static let bodyLimit = 64 * 1024

    /// Reads the whole body.
    ///
    /// - Throws: `Refusal.bodyTooLarge`.
    func collectWHIPBody() async throws -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) }
        guard announced ?? 0 <= Self.bodyLimit else { throw Refusal.bodyTooLarge }
        do {
            return try await body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge
        }
    }
}

extension HTTPFields {
    /// Adds a `Link` header for each value: one apiece is what every client reads.
    mutating func append(links: [String]?) {
        for link in links ?? [] { append(HTTPField(name: .link, value: link)) }
    }
}
