// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §3.2: one test for each status, and for what it means of a consumer.
@Suite(.timeLimit(.minutes(1))) struct StatusRowTests {
    /// Every call of the SFU API, with a body that fits.
    static let calls: [(method: String, path: String, body: String)] = [
        ("POST", "/v4/bots", #"{"appId":"$A","channelId":"$C"}"#), ("DELETE", "/v4/bots/$B", "{}"),
        ("POST", "/v4/bots/$B/forwardings", Stage.forwarding), ("DELETE", "/v4/bots/$B/forwardings/$R", "{}"),
        ("PUT", "/v4/bots/$B/forwardings/$R/transports/producers", Stage.producer),
        ("GET", "/v4/bots/$B/forwardings/$R/transports/rtp-capabilities?originPublicationId=$P", "{}"),
        ("POST", Stage.consumers, Stage.consumer), ("PUT", "/v4/transports/connections", Stage.connection),
        ("PUT", "/v4/transports/connections/ice", #"{"transportId":"$X"}"#),
        ("PUT", "/v4/transports/consumers/x/layers", #"{"transportId":"$X","spatialLayer":0}"#),
        ("POST", "/v4/confirm-subscription", Stage.confirmation),
    ]

    @Test("§3.2 401: no token, or one that is refused, in every call")
    func unauthorized() async throws {
        try await withStage(.watched) { stage in
            for call in Self.calls {
                for token in ["", "a.b.c"] {
                    let answer = try await stage.http(call.method, call.path, call.body, token: token)
                    #expect(answer.status == 401, "\(call.method) \(call.path)")
                    try stage.expect(answer.body, #"{"message":"<string>"}"#)
                }
            }
        }
    }

    @Test("§3.2 403: what the token does not allow, in every call, with code 403000")
    func forbidden() async throws {
        try await withStage(.watched) { stage in
            let scope = #"{"appId":"$A","rooms":[{"name":"other","methods":["create"]}]}"#
            let token = try await stage.server.token(scope: stage.fill(scope))
            for call in Self.calls {
                let answer = try await stage.http(call.method, call.path, call.body, token: token)
                #expect(answer.status == 403, "\(call.method) \(call.path)")
                try stage.expect(answer.body, #"{"message":"<string>","code":403000}"#)
            }
        }
    }

    @Test("§3.2 403 for a consumer: the publisher has not confirmed the subscription")
    func unconfirmed() async throws {
        try await withStage(.watched) {
            $0.consumerPatience = .zero
        } _: { stage in
            var stage = stage
            let params = #"{"channelId":"$C","subscriberId":"$M","publicationId":"$R"}"#
            try stage.name("W", try await stage.call("subscribeStream", params)["id"]?.string)
            let body = Stage.consumer.replacing("$V", with: "$M")
            #expect(try await stage.http("POST", Stage.consumers, body).status == 403)
        }
    }

    @Test("§3.2 404: what is not there, a consumer's producer too")
    func notFound() async throws {
        try await withStage(.watched) { stage in
            let rows = [
                ("POST", "/v4/bots", #"{"appId":"$A","channelId":"none"}"#),
                ("POST", "/v4/bots/none/forwardings", Stage.forwarding),
                ("POST", "/v4/bots/$B/forwardings", Stage.forwarding.replacing("$P", with: "none")),
                ("DELETE", "/v4/bots/$B/forwardings/none", "{}"),
                ("PUT", "/v4/bots/$B/forwardings/none/transports/producers", Stage.producer),
                ("GET", "/v4/bots/$B/forwardings/none/transports/rtp-capabilities", "{}"),
                ("POST", "/v4/bots/$B/forwardings/none/transports/consumers", Stage.consumer),
                ("POST", Stage.consumers, Stage.consumer.replacing("$W", with: "none")),
                ("PUT", "/v4/transports/connections", Stage.connection.replacing("$X", with: "none")),
                ("PUT", "/v4/transports/connections/ice", #"{"transportId":"none"}"#),
                ("PUT", "/v4/transports/consumers/none/layers", #"{"transportId":"$X","spatialLayer":0}"#),
                ("POST", "/v4/confirm-subscription", Stage.confirmation.replacing("$R", with: "none")),
                ("POST", "/v4/nothing", "{}"),
            ]
            for (method, path, body) in rows {
                let outcome = try await stage.http(method, path, body)
                #expect(outcome.status == 404, "\(method) \(path)")
            }
        }
        try await withStage(.forwarded) {
            $0.consumerPatience = .zero
        } _: { stage in
            var stage = stage
            let params = #"{"channelId":"$C","subscriberId":"$M","publicationId":"$R"}"#
            try stage.name("W", try await stage.call("subscribeStream", params)["id"]?.string)
            try await stage.http("POST", "/v4/confirm-subscription", Stage.confirmation)
            let body = Stage.consumer.replacing("$V", with: "$M")
            #expect(try await stage.http("POST", Stage.consumers, body).status == 404)
        }
    }

    @Test("§3.2 429: the room has its members")
    func quotaExceeded() async throws {
        try await withStage(.published) {
            $0.limits.members = 2
        } _: { stage in
            let answer = try await stage.http("POST", "/v4/bots", #"{"appId":"$A","channelId":"$C"}"#)
            #expect(answer.status == 429)
        }
    }

    @Test("§3.2 429 for a consumer: the forwarding has its subscribers, by maxSubscribers or by the token")
    func maxSubscribers() async throws {
        try await withStage(.published) { stage in
            var stage = stage
            let limited = TestTokens.everything.replacing("99", with: "1")
            let token = try await stage.server.token(scope: limited)
            let started = try await stage.http("POST", "/v4/bots/$B/forwardings", Stage.forwarding, token: token).body
            try stage.name("R", started?["forwardingId"]?.string)
            try stage.name("K", started?["identifierKey"]?.string)
            try stage.name("X", started?["broadcasterTransportId"]?.string)
            try await stage.http("PUT", "/v4/bots/$B/forwardings/$R/transports/producers", Stage.producer)
            var statuses: [Int] = []
            for name in ["first", "second"] {
                try stage.name("V", try await stage.join(name))
                let params = #"{"channelId":"$C","subscriberId":"$V","publicationId":"$R"}"#
                try stage.name("W", try await stage.call("subscribeStream", params)["id"]?.string)
                try await stage.http("POST", "/v4/confirm-subscription", Stage.confirmation)
                statuses.append(try await stage.http("POST", Stage.consumers, Stage.consumer).status)
            }
            #expect(statuses == [200, 429])
        }
    }

    @Test("§3.2 other statuses: 400 for a body that does not fit, 413 for one that is too large")
    func backendError() async throws {
        try await withStage(.watched) { stage in
            let long = #"{"appId":"\#(String(repeating: "x", count: 64 * 1024))"}"#
            for call in Self.calls where call.method != "GET" && call.method != "DELETE" {
                for (body, status) in [("{", 400), (long, 413)] {
                    let outcome = try await stage.http(call.method, call.path, body)
                    #expect(outcome.status == status, "\(call.path)")
                }
            }
        }
    }
}
