// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §3.1: one test for each call of the SFU API.
@Suite(.timeLimit(.minutes(1))) struct EndpointRowTests {
    @Test("§3.1 POST /bots: answers the bot's id, and a Bot without a name joins")
    func createBot() async throws {
        try await withStage { stage in
            let answer = try await stage.http("POST", "/v4/bots", #"{"appId":"$A","channelId":"$C"}"#)
            #expect(answer.status == 200)
            try stage.expect(answer.body, #"{"id":"<uuid>"}"#)
            let event = try await stage.rpc.event("MemberAdded")
            #expect(event["member"]?["id"] == answer.body?["id"])
        }
    }

    @Test("§3.1 DELETE /bots/{botId}: removes the bot and its relays, for tokens before version 3 alone")
    func deleteBot() async throws {
        try await withStage(.watched) { stage in
            #expect(try await stage.http("DELETE", "/v4/bots/$B").status == 403)
            let scope = """
                {"app":{"id":"$A","channels":[{"id":"*","actions":["read"],"members":[],
                 "sfuBots":[{"actions":["delete"],"forwardings":[]}]}]}}
                """
            let token = try await stage.server.token(scope: stage.fill(scope), version: 2)
            #expect(try await stage.http("DELETE", "/v4/bots/$B", token: token).status == 204)
            #expect(
                try await stage.rpc.eventLog(4) == [
                    "8 StreamUnsubscribed", "9 StreamUnpublished", "10 StreamUnsubscribed", "11 MemberRemoved",
                ]
            )
        }
        try await withStage(.published) { stage in
            // With version 3 a bot goes like any member.
            try await stage.call("removeMember", #"{"channelId":"$C","id":"$B"}"#)
            #expect(try await stage.rpc.eventLog(1) == ["4 MemberRemoved"])
        }
    }

    @Test("§3.1 POST …/forwardings: answers key, transport and capabilities; the bot subscribes, then relays")
    func startForwarding() async throws {
        try await withStage(.published) { stage in
            let answer = try await stage.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding)
            #expect(answer.status == 200)
            try stage.expect(
                answer.body,
                """
                {"forwardingId":"<uuid>","broadcasterTransportId":"<uuid>","identifierKey":"<string>",
                 "rtpCapabilities":{"codecs":"<array>","headerExtensions":"<array>"},
                 "broadcasterTransportOptions":{"id":"<uuid>","iceCandidates":"<array>",
                  "iceParameters":{"usernameFragment":"<string>","password":"<string>","iceLite":true},
                  "dtlsParameters":{"role":"auto","fingerprints":"<array>"}}}
                """
            )
            #expect(
                answer.body?["broadcasterTransportOptions"]?["id"] == answer.body?["broadcasterTransportId"]
            )
            #expect(try await stage.rpc.eventLog(2) == ["4 StreamSubscribed", "5 StreamPublished"])
            let channel = try await stage.call("getChannel", #"{"id":"$C"}"#)
            #expect(channel["channel"]?["publications"]?.array?.last?["id"] == answer.body?["forwardingId"])
        }
    }

    @Test("§3.1 DELETE …/forwardings/{forwardingId}: unpublishes the relay and ends its producer")
    func stopForwarding() async throws {
        try await withStage(.watched) { stage in
            #expect(try await stage.http("DELETE", "/v4/bots/$B/forwardings/$R").status == 204)
            #expect(
                try await stage.rpc.eventLog(3) == [
                    "8 StreamUnsubscribed", "9 StreamUnpublished", "10 StreamUnsubscribed",
                ]
            )
            try await stage.server.engine.saw("stop producer")
            #expect(try await stage.http("DELETE", "/v4/bots/$B/forwardings/$R").status == 404)
        }
    }

    @Test("§3.1 PUT …/transports/producers: answers producerId, the same for the same request")
    func createProducer() async throws {
        try await withStage(.forwarded) { stage in
            let path = "/v4/bots/$B/forwardings/$R/transports/producers"
            let answer = try await stage.http("PUT", path, Stage.producer)
            #expect(answer.status == 200)
            try stage.expect(answer.body, #"{"producerId":"<uuid>"}"#)
            #expect(try await stage.http("PUT", path, Stage.producer).body == answer.body)
            let other = Stage.producer.replacing(#""mid":"1""#, with: #""mid":"2""#)
            #expect(try await stage.http("PUT", path, other).status == 400)
            #expect(await stage.server.engine.producers.count == 1)
        }
    }

    @Test("§3.1 GET …/rtp-capabilities: answers what the router takes, as the forwarding did")
    func capabilities() async throws {
        try await withStage(.forwarded) { stage in
            let answer = try await stage.http(
                "GET",
                "/v4/bots/$B/forwardings/$R/transports/rtp-capabilities?originPublicationId=$P"
            )
            #expect(answer.status == 200)
            try stage.expect(answer.body, #"{"rtpCapabilities":{"codecs":"<array>","headerExtensions":"<array>"}}"#)
            let again = try await stage.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding)
            #expect(again.body?["rtpCapabilities"] == answer.body?["rtpCapabilities"])
        }
    }

    @Test("§3.1 POST …/transports/consumers: answers a consumer, and transport options the first time")
    func createConsumer() async throws {
        try await withStage(.watched) { stage in
            let answer = try await stage.http("POST", Stage.consumers, Stage.consumer)
            #expect(answer.status == 200)
            try stage.expect(
                answer.body,
                """
                {"consumerOptions":{"id":"<uuid>","producerId":"<uuid>","kind":"video","rtpParameters":"<object>"},
                 "producerId":"<uuid>","transportId":"<uuid>","transportOptions":"<object>"}
                """
            )
            #expect(answer.body?["transportOptions"]?["id"] == answer.body?["transportId"])
            #expect(answer.body?["consumerOptions"]?["producerId"] == answer.body?["producerId"])
            #expect(answer.body?["transportId"]?.string != stage.ids["X"])
            #expect(try await stage.http("POST", Stage.consumers, Stage.consumer).body == answer.body)
            #expect(await stage.server.engine.consumers.count == 1)
        }
    }

    @Test("§3.1 PUT /transports/connections: answers transportId, and so it does when it is repeated")
    func connect() async throws {
        try await withStage(.forwarded) { stage in
            for _ in 1...2 {
                let answer = try await stage.http("PUT", "/v4/transports/connections", Stage.connection)
                #expect(answer.status == 200)
                try stage.expect(answer.body, #"{"transportId":"$X"}"#)
            }
            let other = Stage.connection.replacing("AB:", with: "CD:")
            #expect(try await stage.http("PUT", "/v4/transports/connections", other).status == 400)
            #expect(await stage.server.engine.log.count { $0 == "connect" } == 1)
        }
    }

    @Test("§3.1 PUT /transports/connections/ice: answers new ICE parameters, for a token that has expired too")
    func restartICE() async throws {
        try await withStage(.forwarded) { stage in
            stage.server.clock.advance(seconds: 4000)
            let answer = try await stage.http("PUT", "/v4/transports/connections/ice", #"{"transportId":"$X"}"#)
            #expect(answer.status == 200)
            try stage.expect(
                answer.body,
                #"{"iceParameters":{"usernameFragment":"<string>","password":"<string>","iceLite":true}}"#
            )
            // Every other call wants a token that is good.
            #expect(try await stage.http("PUT", "/v4/transports/connections", Stage.connection).status == 401)
        }
    }

    @Test("§3.1 PUT …/layers: answers transportId and changes the encoding")
    func changeLayer() async throws {
        try await withStage(.watched) { stage in
            var stage = stage
            let consumer = try await stage.http("POST", Stage.consumers, Stage.consumer).body
            try stage.name("Q", consumer?["consumerOptions"]?["id"]?.string)
            try stage.name("Y", consumer?["transportId"]?.string)
            let body = #"{"transportId":"$Y","spatialLayer":0,"publicationId":"$R"}"#
            let answer = try await stage.http("PUT", "/v4/transports/consumers/$Q/layers", body)
            #expect(answer.status == 200)
            try stage.expect(answer.body, #"{"transportId":"$Y"}"#)
            #expect(await stage.server.engine.log.last == "encoding 0")
            let foreign = #"{"transportId":"$X","spatialLayer":0,"publicationId":"$R"}"#
            #expect(try await stage.http("PUT", "/v4/transports/consumers/$Q/layers", foreign).status == 404)
        }
    }

    @Test("§3.1 POST /confirm-subscription: answers message and operationId, or says that the key is wrong")
    func confirm() async throws {
        try await withStage(.watched) { stage in
            let answer = try await stage.http("POST", "/v4/confirm-subscription", Stage.confirmation)
            #expect(answer.status == 200)
            try stage.expect(answer.body, #"{"message":"success","operationId":"<uuid>"}"#)
            let wrong = Stage.confirmation.replacing("$K", with: "wrong")
            let refused = try await stage.http("POST", "/v4/confirm-subscription", wrong)
            #expect(refused.status == 400)
            try stage.expect(refused.body, #"{"message":"IdentifierKey is invalid"}"#)
        }
    }
}
