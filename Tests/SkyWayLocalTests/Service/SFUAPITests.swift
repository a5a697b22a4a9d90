// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// The SFU API over real HTTP (protocol page §3).
@Suite(.timeLimit(.minutes(1))) struct SFUAPITests {
    @Test("A bot joins as Bot with subtype sfu and no name")
    func bot() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let event = try await rpc.event("MemberAdded")
                #expect(
                    event["member"]
                        == .object([
                            "id": .string(studio.botID), "type": .string("Bot"), "subtype": .string("sfu"),
                        ])
                )
            }
        }
    }

    @Test("A forwarding answers with key, transport and capabilities; its relay follows the bot's subscription")
    func forwarding() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                #expect(
                    try await rpc.eventLog(6) == [
                        "0 ChannelCreated", "1 MemberAdded", "2 MemberAdded", "3 StreamPublished",
                        "4 StreamSubscribed", "5 StreamPublished",
                    ]
                )
                let options = studio.started["broadcasterTransportOptions"]
                #expect(options?["id"]?.string == studio.transportID)
                #expect(options?["iceParameters"]?["iceLite"] == .bool(true))
                #expect(studio.started["rtpCapabilities"]?["codecs"]?.array?.count == 17)
            }
        }
    }

    @Test("Transport options come with a member's first forwarding only, and again when that call is repeated")
    func optionsOnce() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let second = try await rpc.publish(studio.channelID, studio.publisherID, "Video")
                let started = try await server.startForwarding(
                    second,
                    of: studio.publisherID,
                    by: studio.botID,
                    token: rpc.token
                )
                #expect(started["broadcasterTransportId"]?.string == studio.transportID)
                #expect(started["broadcasterTransportOptions"] == nil)
                #expect(started["identifierKey"]?.string != studio.identifierKey)
                let repeated = try await server.startForwarding(
                    studio.originID,
                    of: studio.publisherID,
                    by: studio.botID,
                    token: rpc.token
                )
                #expect(repeated == studio.started)
            }
        }
    }

    @Test("The same producer asked for twice is one producer; another on its forwarding is refused")
    func producer() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let first = try await studio.produce(on: server, token: rpc.token)
                #expect(first.status == 200)
                #expect(try await studio.produce(on: server, token: rpc.token).body == first.body)
                #expect(await server.engine.producers.count == 1)
                let other = try await server.http(
                    "PUT",
                    "/v4/bots/\(studio.botID)/forwardings/\(studio.forwardingID)/transports/producers",
                    token: rpc.token,
                    json: """
                        {"transportId":"\(studio.transportID)","producerOptions":{"kind":"video","rtpParameters":
                         {"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}],
                          "encodings":[{"ssrc":5}]}}}
                        """
                )
                #expect(other.status == 400)
            }
        }
    }

    @Test("A transport is connected once; the same again succeeds, something else is refused")
    func connect() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                func connect(_ byte: String) async throws -> (Int, JSONValue?) {
                    let value = Array(repeating: byte, count: 32).joined(separator: ":")
                    let answer = try await server.http(
                        "PUT",
                        "/v4/transports/connections",
                        token: rpc.token,
                        json: """
                            {"transportId":"\(studio.transportID)","dtlsParameters":{"role":"client",
                             "fingerprints":[{"algorithm":"sha-256","value":"\(value)"}]}}
                            """
                    )
                    return (answer.status, answer.body)
                }
                #expect(try await connect("XY").0 == 400)
                let first = try await connect("AB")
                #expect(first.0 == 200)
                #expect(first.1 == .object(["transportId": .string(studio.transportID)]))
                #expect(try await connect("AB").0 == 200)
                #expect(try await connect("CD").0 == 400)
                #expect(await server.engine.log.count { $0 == "connect" } == 1)
            }
        }
    }

    @Test("ICE restarts also with a token that has run out, as the SDK sends one")
    func restartICE() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                server.clock.advance(seconds: 4000)
                let json = #"{"transportId":"\#(studio.transportID)"}"#
                let answer = try await server.http(
                    "PUT",
                    "/v4/transports/connections/ice",
                    token: rpc.token,
                    json: json
                )
                #expect(answer.status == 200)
                #expect(answer.body?["iceParameters"]?["usernameFragment"] == .string("new"))
                let connect = try await server.http("PUT", "/v4/transports/connections", token: rpc.token, json: json)
                #expect(connect.status == 401)
            }
        }
    }

    @Test("Stopping a forwarding unpublishes its relay and ends its producer")
    func stopForwarding() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                try await studio.produce(on: server, token: rpc.token)
                let path = "/v4/bots/\(studio.botID)/forwardings/\(studio.forwardingID)"
                #expect(try await server.http("DELETE", path, token: rpc.token).status == 204)
                #expect(try await rpc.event("StreamUnpublished")["publication"]?["id"]?.string == studio.forwardingID)
                #expect(try await server.http("DELETE", path, token: rpc.token).status == 404)
                try await server.engine.saw("stop producer")
            }
        }
    }

    @Test("A bot is not deleted by the SFU API with version 3, but by removeMember")
    func deleteBot() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let path = "/v4/bots/\(studio.botID)"
                #expect(try await server.http("DELETE", path, token: rpc.token).status == 403)
                let version1 = try await server.token(
                    scope: """
                        {"app":{"id":"\(TestTokens.appID)","channels":[{"id":"*","actions":["write"],"members":[],
                         "sfuBots":[{"actions":["write"],"forwardings":[{"actions":["write"]}]}]}]}}
                        """,
                    version: 1
                )
                #expect(try await server.http("DELETE", path, token: version1).status == 204)
                _ = try await rpc.event("MemberRemoved")
            }
        }
    }

    @Test(
        "Every call wants a bearer token",
        arguments: [
            ("POST", "/v4/bots"), ("DELETE", "/v4/bots/b"), ("POST", "/v4/bots/b/forwardings"),
            ("DELETE", "/v4/bots/b/forwardings/f"), ("PUT", "/v4/bots/b/forwardings/f/transports/producers"),
            ("GET", "/v4/bots/b/forwardings/f/transports/rtp-capabilities"),
            ("POST", "/v4/bots/b/forwardings/f/transports/consumers"), ("PUT", "/v4/transports/connections"),
            ("PUT", "/v4/transports/connections/ice"), ("PUT", "/v4/transports/consumers/c/layers"),
            ("POST", "/v4/confirm-subscription"),
        ]
    )
    func bearer(method: String, path: String) async throws {
        try await withLocalServer { server in
            let origin = ["Origin": "http://localhost:8080"]
            let without = try await server.http(method, path, token: nil, json: "{}", headers: origin)
            #expect(without.status == 401)
            #expect(without.headers["access-control-allow-origin"] == "*")
            let wrong = try await server.http(method, path, token: "a.b.c", json: "{}", headers: origin)
            #expect(wrong.status == 401)
            let empty = try await server.http(
                method,
                path,
                token: try await server.token(),
                json: "{}",
                headers: origin
            )
            #expect([400, 404].contains(empty.status))
            #expect(empty.headers["access-control-allow-origin"] == "*")
            let preflight = try await server.http(
                "OPTIONS",
                path,
                token: nil,
                headers: origin.merging(
                    [
                        "Access-Control-Request-Method": method,
                        "Access-Control-Request-Headers": "authorization,content-type",
                    ],
                    uniquingKeysWith: { $1 }
                )
            )
            #expect(preflight.status == 204)
            #expect(preflight.headers["access-control-allow-methods"]?.contains(method) == true)
            #expect(preflight.headers["access-control-allow-headers"]?.lowercased().contains("authorization") == true)
        }
    }

    @Test("A body of more than 64 KiB is 413, one that does not fit 400")
    func bodies() async throws {
        try await withLocalServer { server in
            let token = try await server.token()
            let long = #"{"appId":"\#(String(repeating: "x", count: 64 * 1024))"}"#
            #expect(try await server.http("POST", "/v4/bots", token: token, json: long).status == 413)
            #expect(try await server.http("POST", "/v4/bots", token: token, json: "{").status == 400)
            let missing = #"{"appId":"\#(TestTokens.appID)","channelId":"nothing"}"#
            #expect(try await server.http("POST", "/v4/bots", token: token, json: missing).status == 404)
            let foreign = #"{"appId":"\#(TestTokens.otherAppID)","channelId":"nothing"}"#
            #expect(try await server.http("POST", "/v4/bots", token: token, json: foreign).status == 403)
        }
    }
}

extension SimulatedEngine {
    /// Waits until the engine has been told something; the control plane tells it in its own time.
    func saw(_ entry: String) async throws {
        while !log.contains(entry) { try await Task.sleep(for: .milliseconds(2)) }
    }
}
