// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// SkyWay's SFU over REST, version 4: what a publisher needs of it (protocol page §3.1).
package struct SFUClient: Sendable {
    private let http: HTTPService

    /// Makes a client; `timeout` limits each attempt of a call.
    package init(host: SkyWayHost, client: HTTPClient, timeout: Duration = .seconds(10)) {
        http = HTTPService(
            base: host.httpBase + "/v4",
            service: .sfu,
            client: client,
            timeout: TimeAmount(timeout)
        )
    }

    /// Endpoint 1: makes a bot in a room; the result is its member id, and `MemberAdded` follows.
    package func createBot(channelID: String, token: AuthToken) async throws(SkyWayError) -> String {
        struct Body: Encodable {
            var appId: String
            var channelId: String
        }
        struct Answer: Decodable {
            var id: String
        }
        let body = Body(appId: token.appID, channelId: channelID)
        let answer = try await call(.POST, "/bots", token: token, body: body)
        return try http.decode(Answer.self, answer, of: "/bots").id
    }

    /// Endpoint 3: has a bot forward one of our publications.
    ///
    /// One at a time for each member (protocol page §3.3). Failures are repeated as the SDK does it, unless the caller
    /// has a way of its own (`isRepeated`).
    package func startForwarding(
        botID: String,
        publication: ForwardingRequest,
        token: AuthToken,
        isRepeated: Bool = true
    ) async throws(SkyWayError) -> SFUForwarding {
        let path = "/bots/\(botID)/forwardings"
        let retry = isRepeated ? SFURetry.startForwarding : .none
        let answer = try await call(.POST, path, token: token, body: publication, retry: retry)
        return try http.decode(SFUForwarding.self, answer, of: path)
    }

    /// What a forwarding is of.
    package struct ForwardingRequest: Hashable, Sendable, Encodable {
        package var publicationId: String
        package var publisherId: String
        /// `Audio` or `Video`.
        package var contentType: String
        package var maxSubscribers: Int
        package var forceTCP = false

        package init(publicationId: String, publisherId: String, contentType: String, maxSubscribers: Int) {
            self.publicationId = publicationId
            self.publisherId = publisherId
            self.contentType = contentType
            self.maxSubscribers = maxSubscribers
        }
    }

    /// Endpoint 4: ends a forwarding.
    package func stopForwarding(
        botID: String,
        forwardingID: String,
        token: AuthToken
    ) async throws(SkyWayError) {
        _ = try await call(.DELETE, "/bots/\(botID)/forwardings/\(forwardingID)", token: token, body: NoBody())
    }

    /// Endpoint 5: declares what will be sent; the result is the producer's id.
    ///
    /// Never again after it succeeded.
    package func createProducer(
        botID: String,
        forwardingID: String,
        transportID: String,
        producer: ProducerOptions,
        token: AuthToken,
        isRepeated: Bool = true
    ) async throws(SkyWayError) -> String {
        struct Body: Encodable {
            var transportId: String
            var producerOptions: ProducerOptions
        }
        struct Answer: Decodable {
            var producerId: String
        }
        let path = "/bots/\(botID)/forwardings/\(forwardingID)/transports/producers"
        let body = Body(transportId: transportID, producerOptions: producer)
        let retry = isRepeated ? SFURetry.createProducer : .none
        let answer = try await call(.PUT, path, token: token, body: body, retry: retry)
        return try http.decode(Answer.self, answer, of: path).producerId
    }

    /// Endpoint 8: tells a transport our certificate; once for each transport, and never blindly again (§7.5).
    package func connectTransport(
        id: String,
        dtlsParameters: SFUDTLSParameters,
        token: AuthToken
    ) async throws(SkyWayError) {
        struct Body: Encodable {
            var transportId: String
            var dtlsParameters: SFUDTLSParameters
        }
        let body = Body(transportId: id, dtlsParameters: dtlsParameters)
        _ = try await call(.PUT, "/transports/connections", token: token, body: body)
    }

    /// Endpoint 9: gives a transport new ICE credentials; DTLS and SRTP go on.
    package func restartICE(transportID: String, token: AuthToken) async throws(SkyWayError) -> SFUICEParameters {
        struct Body: Encodable {
            var transportId: String
        }
        struct Answer: Decodable {
            var iceParameters: SFUICEParameters
        }
        let path = "/transports/connections/ice"
        let answer = try await call(.PUT, path, token: token, body: Body(transportId: transportID))
        return try http.decode(Answer.self, answer, of: path).iceParameters
    }

    /// Endpoint 11: lets one subscriber in.
    ///
    /// - Returns: False for a refusal that passes by itself (protocol page §3.4).
    package func confirmSubscription(
        forwardingID: String,
        subscriptionID: String,
        identifierKey: String,
        token: AuthToken
    ) async throws(SkyWayError) -> Bool {
        struct Body: Encodable {
            var forwardingId: String
            var subscriptionId: String
            var identifierKey: String
        }
        let body = Body(forwardingId: forwardingID, subscriptionId: subscriptionID, identifierKey: identifierKey)
        do {
            let answer = try await call(.POST, "/confirm-subscription", token: token, body: body)
            let message = try? JSONDecoder().decode(SFUConfirmation.self, from: answer).message
            return message != Self.transientRefusal
        } catch  where error.detail.contains(Self.transientRefusal) {
            return false
        }
    }

    /// Seen from the real service right after a forwarding was made, with a status nobody recorded.
    private static let transientRefusal = "IdentifierKey is invalid"

    private func call(
        _ method: HTTPMethod,
        _ path: String,
        token: AuthToken,
        body: some Encodable & Sendable,
        retry: SFURetry = .none
    ) async throws(SkyWayError) -> Data {
        var count = 0
        while true {
            do {
                return try await http.call(method, path, token: token, body: body)
            } catch {
                guard error.code != .stopped, let wait = retry.wait(before: count, after: error) else { throw error }
                count += 1
                guard (try? await Task.sleep(for: wait)) != nil else { throw error }
            }
        }
    }
}
