// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §9: what the checklist asks for beyond the rows of the other sections.
@Suite(.timeLimit(.minutes(1))) struct ChecklistTests {
    @Test(
        "§9 sub-protocol: is echoed exactly by each of the three sockets",
        arguments: [("/ws?contextId=x", ""), ("/v1/ws", "SkyWayAuthToken!"), ("/v2/client/ws", "SkyWayAuthToken!")]
    )
    func subprotocol(path: String, prefix: String) async throws {
        try await withStage(.published) { stage in
            let query = path == "/v1/ws" ? stage.fill("?channelId=$C&memberId=$M&memberName=obs") : ""
            let subprotocol = prefix + stage.rpc.token
            try await stage.server.withSocket(path + query, subprotocol: subprotocol) { connection in
                #expect(connection.subprotocol == subprotocol)
            }
        }
    }

    @Test("§9 CORS: pre-flights are answered, and errors may be read by a page too")
    func crossOrigin() async throws {
        try await withStage(.watched) { stage in
            for call in StatusRowTests.calls + [("POST", "/v1/ice-params", "{}")] {
                let preflight = try await stage.server.http(
                    "OPTIONS",
                    stage.fill(call.path),
                    token: nil,
                    headers: [
                        "Origin": "http://localhost:3000", "Access-Control-Request-Method": call.method,
                        "Access-Control-Request-Headers": "authorization,content-type",
                    ]
                )
                #expect(preflight.status == 204)
                #expect(preflight.headers["access-control-allow-origin"] == "*")
                let methods = preflight.headers["access-control-allow-methods"] ?? ""
                #expect(["GET", "POST", "PUT", "DELETE"].allSatisfy(methods.contains))
                let headers = preflight.headers["access-control-allow-headers"]?.lowercased() ?? ""
                #expect(["authorization", "content-type"].allSatisfy(headers.contains))
                for (token, body) in [("", "{}"), (stage.rpc.token, "{")] {
                    let failed = try await stage.http(call.method, call.path, body, token: token)
                    #expect(failed.headers["access-control-allow-origin"] == "*", "\(call.path) \(failed.status)")
                }
            }
            let nothing = try await stage.http("POST", "/v4/nothing", "{}")
            #expect(nothing.status == 404 && nothing.headers["access-control-allow-origin"] == "*")
        }
    }

    @Test("§9 result: is an object where there is nothing to say, and an id comes back with the type it had")
    func objects() async throws {
        try await withStage(.published) { stage in
            for id: JSONValue in ["4b1c", 7] {
                let text = stage.rpc.request("subscribeChannelEvents", ["channelId": .string(stage.fill("$C"))], id: id)
                try stage.expect(try await stage.rpc.send(text, id: id), "{}")
            }
        }
    }

    @Test("§9 relay: is disabled and enabled with its origin, after it")
    func mirroredState() async throws {
        try await withStage(.forwarded) { stage in
            for (method, type) in [
                ("disablePublication", "PublicationDisabled"), ("enablePublication", "PublicationEnabled"),
            ] {
                try await stage.call(method, #"{"channelId":"$C","publicationId":"$P"}"#)
                for letter in ["P", "R"] {
                    let event = try await stage.rpc.event(type)
                    #expect(event["publication"]?["id"]?.string == stage.ids[letter])
                    #expect(event["publication"]?["isEnabled"] == .bool(method == "enablePublication"))
                }
            }
        }
    }

    @Test("§9 relay: is unpublished with its origin, before it")
    func mirroredEnd() async throws {
        try await withStage(.forwarded) { stage in
            try await stage.call("unpublishStream", #"{"channelId":"$C","publicationId":"$P"}"#)
            for letter in ["R", "P"] {
                let event = try await stage.rpc.event("StreamUnpublished")
                #expect(event["publication"]?["id"]?.string == stage.ids[letter])
            }
        }
    }

    @Test("§9 relay: takes the origin's type and state, not its encodings, and is of no data stream")
    func relayOfOrigin() async throws {
        try await withStage(.published) { stage in
            try await stage.call("disablePublication", #"{"channelId":"$C","publicationId":"$P"}"#)
            try await stage.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding)
            let channel = try await stage.call("getChannel", #"{"id":"$C"}"#)
            let relay = channel["channel"]?["publications"]?.array?.last
            #expect(relay?["type"] == "sfu" && relay?["isEnabled"] == false && relay?["encodings"] == [])
            var data = stage
            try data.name("P", try await stage.publish("Data"))
            #expect(try await data.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding).status == 400)
        }
    }

    @Test("§9 transport options: come with a member's first forwarding, and again when that call is repeated")
    func optionsOnce() async throws {
        try await withStage(.forwarded) { stage in
            let repeated = try await stage.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding).body
            #expect(repeated?["forwardingId"]?.string == stage.ids["R"])
            #expect(repeated?["broadcasterTransportOptions"]?["id"]?.string == stage.ids["X"])
            var second = stage
            try second.name("P", try await stage.publish("Video"))
            let started = try await second.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding).body
            #expect(started?["broadcasterTransportId"]?.string == stage.ids["X"])
            #expect(started?["broadcasterTransportOptions"] == nil)
            #expect(started?["identifierKey"]?.string != stage.ids["K"])
        }
    }

    @Test("§9 consumer: waits for the confirmation and the producer, and starts without being resumed")
    func patience() async throws {
        try await withStage(.forwarded) { stage in
            var stage = stage
            try stage.name("V", try await stage.join("viewer"))
            let params = #"{"channelId":"$C","subscriberId":"$V","publicationId":"$R"}"#
            try stage.name("W", try await stage.call("subscribeStream", params)["id"]?.string)
            let ready = stage
            async let answer = ready.http("POST", Stage.consumers, Stage.consumer)
            try await ready.http("POST", "/v4/confirm-subscription", Stage.confirmation)
            try await ready.http("PUT", "/v4/bots/$B/forwardings/$R/transports/producers", Stage.producer)
            #expect(try await answer.status == 200)
            let log = await stage.server.engine.log
            #expect(log.count { $0.hasPrefix("consume video") } == 1)
        }
    }

    @Test("§9 consumer: those of one viewer share a transport, with MIDs of their own")
    func uniqueMIDs() async throws {
        try await withStage(.watched) { stage in
            var second = stage
            try second.name("P", try await stage.publish("Video"))
            let started = try await second.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding).body
            try second.name("R", started?["forwardingId"]?.string)
            try second.name("K", started?["identifierKey"]?.string)
            let producer = Stage.producer.replacing(ORTCFixtures.h264, with: ORTCFixtures.simulcastVP8)
            try await second.http("PUT", "/v4/bots/$B/forwardings/$R/transports/producers", producer)
            let params = #"{"channelId":"$C","subscriberId":"$V","publicationId":"$R"}"#
            try second.name("W", try await second.call("subscribeStream", params)["id"]?.string)
            try await second.http("POST", "/v4/confirm-subscription", Stage.confirmation)
            var answers: [JSONValue?] = []
            for each in [stage, second] {
                answers.append(try await each.http("POST", Stage.consumers, Stage.consumer).body)
            }
            #expect(answers[0]?["transportId"] != nil && answers[0]?["transportId"] == answers[1]?["transportId"])
            #expect(answers[0]?["transportOptions"] != nil && answers[1]?["transportOptions"] == nil)
            let parameters = answers.map { $0?["consumerOptions"]?["rtpParameters"] }
            #expect(parameters.map { $0?["mid"] } == ["0", "1"])
            // A cname is forced on all producers of a transport, so that viewers keep lips and voice together.
            #expect(parameters[1]?["rtcp"]?["cname"] == "obs-1")
        }
    }
}
