// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §4.
@Suite(.timeLimit(.minutes(1))) struct ICEParameterRowTests {
    private static let body = #"{"memberId":"$A","channelId":"$A","ttl":86400}"#

    @Test("§4 ice-params: names this host as STUN server where none is configured, and no TURN server")
    func bare() async throws {
        try await withStage(.connected) { stage in
            let answer = try await stage.http("POST", "/v1/ice-params", Self.body)
            #expect(answer.status == 200)
            try stage.expect(answer.body, #"{"stun":{"domain":"127.0.0.1","port":3478}}"#)
        }
    }

    @Test("§4 ice-params: names the STUN server that is configured")
    func stun() async throws {
        try await withStage(.connected) {
            $0.ice.stun = ICEServerAddress("stun.example:443")
        } _: { stage in
            let answer = try await stage.http("POST", "/v1/ice-params", Self.body)
            try stage.expect(answer.body, #"{"stun":{"domain":"stun.example","port":443}}"#)
        }
    }

    @Test("§4 ice-params: names the TURN server that is configured, with credentials that coturn takes")
    func turn() async throws {
        try await withStage(.connected) {
            $0.ice.turn = ICEServerAddress("[::1]:3479").map { TURNConfiguration(address: $0, secret: "north") }
        } _: { stage in
            let member = "5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11"
            let body = #"{"memberId":"\#(member)","channelId":"$A","ttl":3600}"#
            let answer = try await stage.http("POST", "/v1/ice-params", body)
            // printf 1790003600:5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11 | openssl dgst -sha1 -hmac north -binary | base64
            try stage.expect(
                answer.body,
                """
                {"stun":{"domain":"::1","port":3479},
                 "turn":{"domain":"::1","port":3479,"username":"1790003600:\(member)",
                  "credential":"ol4ub8+w5dFsKDalC32PV2RSWfM="}}
                """
            )
        }
    }

    @Test("§4 ice-params: leaves TURN out where the token forbids it")
    func forbiddenTURN() async throws {
        try await withStage(.connected) {
            $0.ice.turn = ICEServerAddress("turn.example:3478").map { TURNConfiguration(address: $0, secret: "north") }
        } _: { stage in
            let rows = [
                (#"{"appId":"$A","turn":{"enabled":false},"rooms":[]}"#, 3, false),
                (#"{"appId":"$A","rooms":[]}"#, 3, true), (#"{"app":{"id":"$A","turn":false}}"#, 2, false),
                (#"{"app":{"id":"$A"}}"#, 1, true),
            ]
            for (scope, version, isNamed) in rows {
                let token = try await stage.server.token(scope: stage.fill(scope), version: version)
                let answer = try await stage.http("POST", "/v1/ice-params", Self.body, token: token)
                #expect((answer.body?["turn"] != nil) == isNamed, "\(scope)")
                #expect(answer.body?["stun"]?["domain"] == "turn.example")
            }
        }
    }

    @Test("§4 ice-params: 400 for parameters that do not fit, 401 without a good token")
    func refusals() async throws {
        try await withStage(.connected) { stage in
            for body in ["{", "{}", #"{"memberId":"m","channelId":7}"#, #"{"memberId":"m","channelId":"c","ttl":0}"#] {
                let outcome = try await stage.http("POST", "/v1/ice-params", body)
                #expect(outcome.status == 400, "\(body)")
            }
            for token in ["", "a.b.c"] {
                let outcome = try await stage.http("POST", "/v1/ice-params", Self.body, token: token)
                #expect(outcome.status == 401)
            }
        }
    }
}
