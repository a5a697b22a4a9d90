// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// A channel with a publisher whose video a bot forwards: where most stories begin.
struct Studio: Sendable {
    let channelID: String
    let botID: String
    let publisherID: String
    let originID: String
    let forwardingID: String
    let identifierKey: String
    let transportID: String
    /// What `startForwarding` answered.
    let started: JSONValue

    /// Builds it through the server's APIs.
    static func open(
        _ rpc: RPCClient,
        on server: LocalServer,
        name: String = "studio",
        maxSubscribers: Int = 10
    ) async throws -> Studio {
        let channel = try await rpc.call("findOrCreateChannel", ["name": .string(name)])
        let channelID = try #require(channel["channel"]?["id"]?.string)
        let bot = try await server.http(
            "POST",
            "/v4/bots",
            token: rpc.token,
            json: #"{"appId":"\#(TestTokens.appID)","channelId":"\#(channelID)"}"#
        )
        let botID = try #require(bot.body?["id"]?.string)
        let publisherID = try await rpc.join(channelID, name: "obs")
        let originID = try await rpc.publish(channelID, publisherID, "Video")
        let started = try await server.startForwarding(
            originID,
            of: publisherID,
            by: botID,
            token: rpc.token,
            maxSubscribers: maxSubscribers
        )
        return Studio(
            channelID: channelID,
            botID: botID,
            publisherID: publisherID,
            originID: originID,
            forwardingID: try #require(started["forwardingId"]?.string),
            identifierKey: try #require(started["identifierKey"]?.string),
            transportID: try #require(started["broadcasterTransportId"]?.string),
            started: started
        )
    }

    /// Produces an H264 layer on the forwarding.
    @discardableResult
    func produce(on server: LocalServer, token: String) async throws -> (status: Int, body: JSONValue?) {
        let answer = try await server.http(
            "PUT",
            "/v4/bots/\(botID)/forwardings/\(forwardingID)/transports/producers",
            token: token,
            json: """
                {"transportId":"\(transportID)","producerOptions":{"kind":"video",
                 "rtpParameters":\(ORTCFixtures.h264),"appData":{"transactionId":"x"}}}
                """
        )
        return (answer.status, answer.body)
    }

    /// Confirms a subscription, as the publisher does.
    @discardableResult
    func confirm(
        _ subscriptionID: String,
        key: String? = nil,
        on server: LocalServer,
        token: String
    ) async throws -> (status: Int, body: JSONValue?) {
        let answer = try await server.http(
            "POST",
            "/v4/confirm-subscription",
            token: token,
            json: """
                {"forwardingId":"\(forwardingID)","subscriptionId":"\(subscriptionID)",
                 "identifierKey":"\(key ?? identifierKey)"}
                """
        )
        return (answer.status, answer.body)
    }

    /// Asks for a consumer with the router's capabilities, as the SDK does the first time.
    func consume(
        _ subscriptionID: String,
        by subscriberID: String,
        on server: LocalServer,
        token: String
    ) async throws -> (status: Int, body: JSONValue?) {
        let answer = try await server.http(
            "POST",
            "/v4/bots/\(botID)/forwardings/\(forwardingID)/transports/consumers",
            token: token,
            json: """
                {"rtpCapabilities":\(JSONText.encode(ORTCFixtures.router)),"subscriptionId":"\(subscriptionID)",
                 "subscriberId":"\(subscriberID)","originPublicationId":"\(originID)","forceTCP":false}
                """
        )
        return (answer.status, answer.body)
    }
}

extension RPCClient {
    /// Joins a channel.
    func join(_ channelID: String, name: String) async throws -> String {
        let added = try await call(
            "addMember",
            [
                "channelId": .string(channelID), "name": .string(name), "type": .string("Person"),
                "subtype": .string("Person"),
            ]
        )
        return try #require(added["memberId"]?.string)
    }

    /// Publishes a stream for the SFU.
    func publish(_ channelID: String, _ publisherID: String, _ contentType: String) async throws -> String {
        let published = try await call(
            "publishStream",
            [
                "channelId": .string(channelID), "publisherId": .string(publisherID),
                "contentType": .string(contentType), "type": .string("sfu"), "isEnabled": .bool(true),
            ]
        )
        return try #require(published["id"]?.string)
    }

    /// Subscribes to a stream.
    func subscribe(_ channelID: String, _ subscriberID: String, _ publicationID: String) async throws -> String {
        let subscribed = try await call(
            "subscribeStream",
            [
                "channelId": .string(channelID), "subscriberId": .string(subscriberID),
                "publicationId": .string(publicationID),
            ]
        )
        return try #require(subscribed["id"]?.string)
    }
}

extension LocalServer {
    /// Starts a forwarding of a video.
    func startForwarding(
        _ originID: String,
        of publisherID: String,
        by botID: String,
        token: String,
        maxSubscribers: Int = 10
    ) async throws -> JSONValue {
        let answer = try await http(
            "POST",
            "/v4/bots/\(botID)/forwardings",
            token: token,
            json: """
                {"publicationId":"\(originID)","maxSubscribers":\(maxSubscribers),"contentType":"Video",
                 "publisherId":"\(publisherID)","forceTCP":false}
                """
        )
        #expect(answer.status == 200)
        return try #require(answer.body)
    }
}
