// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import JWTKit
import Testing

@testable import SkyWayLocal

/// Tokens of every wrong kind, at every place that takes one (protocol page §1.1 and §9, 7).
@Suite(.timeLimit(.minutes(1))) struct BadTokenTests {
    /// A kind of token that is refused.
    enum Kind: CaseIterable, Sendable {
        case none, text, twoParts, unsigned, otherAlgorithm, otherKey, otherApplication, expired, future, tooLongLived
        case withoutID, oldID, withoutTimes, unknownVersion, otherVersionsScope, nested, tooLong

        func make(now: Int64) async throws -> String {
            let everything = TestTokens.everything
            func claims(_ from: Int64 = 0, _ lifetime: Int64 = 3600, version: Int = 3, id: String? = nil) -> String {
                TestTokens.claims(
                    scope: everything,
                    version: version,
                    issuedAt: now + from,
                    lifetime: lifetime,
                    id: id ?? "5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11"
                )
            }
            switch self {
            case .none: return "-"
            case .text: return "hello"
            case .twoParts:
                return try await TestTokens.sign(claims()).split(separator: ".").prefix(2).joined(separator: ".")
            case .unsigned:
                let payload = try await TestTokens.sign(claims()).split(separator: ".")[1]
                return "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\(payload)."
            case .otherAlgorithm:
                let parts = try await TestTokens.sign(claims()).split(separator: ".")
                return "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.\(parts[1]).\(parts[2])"
            case .otherKey: return try await TestTokens.sign(claims(), secret: String(repeating: "x", count: 44))
            case .otherApplication:
                let scope = #"{"appId":"\#(TestTokens.otherAppID)","rooms":[]}"#
                return try await TestTokens.sign(TestTokens.claims(scope: scope, issuedAt: now))
            case .expired: return try await TestTokens.sign(claims(-7200))
            case .future: return try await TestTokens.sign(claims(121))
            case .tooLongLived: return try await TestTokens.sign(claims(0, 259_201))
            case .withoutID: return try await TestTokens.sign(claims(id: ""))
            case .oldID: return try await TestTokens.sign(claims(id: "5f0e6f0e-2a52-1a0a-9c0b-1c7c5f0d7c11"))
            case .withoutTimes:
                return try await TestTokens.sign(
                    #"{"jti":"5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11","version":3,"scope":\#(everything)}"#
                )
            case .unknownVersion: return try await TestTokens.sign(claims(version: 4))
            case .otherVersionsScope: return try await TestTokens.sign(claims(version: 2))
            case .nested:
                let claims = String(repeating: #"{"a":"#, count: 700) + "1" + String(repeating: "}", count: 700)
                return TestTokens.forge(claims)
            case .tooLong:
                let scope = everything.dropLast() + #","x":"\#(String(repeating: "x", count: 6000))"}"#
                return try await TestTokens.sign(TestTokens.claims(scope: String(scope), issuedAt: now))
            }
        }
    }

    @Test("§1.1 token: is refused with 401 at the upgrade of each socket", arguments: Kind.allCases)
    func upgrades(kind: Kind) async throws {
        try await withStage(.published) { stage in
            let token = try await kind.make(now: stage.server.clock.seconds)
            let targets = [
                ("/ws", ""), (stage.fill("/v1/ws?channelId=$C&memberId=$M"), "SkyWayAuthToken!"),
                ("/v2/client/ws", "SkyWayAuthToken!"),
            ]
            for (target, prefix) in targets {
                let error = await #expect(throws: WebSocketOpenError.self) {
                    try await stage.server.withSocket(target, subprotocol: prefix + token) { _ in }
                }
                guard case .refused(status: 401, _) = error else {
                    Issue.record("\(target) \(kind): \(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Test("§1.1 token: is refused with 401 in each request, and the socket goes on", arguments: Kind.allCases)
    func requests(kind: Kind) async throws {
        try await withStage { stage in
            let token = try await kind.make(now: stage.server.clock.seconds)
            for method in ["getChannel", "updateAuthToken"] {
                let params: [String: JSONValue] = ["id": .string(stage.fill("$C")), "authToken": .string(token)]
                await #expect(throws: RPCClient.Refusal(code: 401, inner: 401_000), "\(method)") {
                    try await stage.rpc.call(method, params)
                }
            }
            try await stage.call("getServerUnixtime")
        }
    }

    @Test("§1.1 token: is refused with 401 by the SFU API and the ICE parameters", arguments: Kind.allCases)
    func calls(kind: Kind) async throws {
        try await withStage(.watched) { stage in
            let token = try await kind.make(now: stage.server.clock.seconds)
            let ice = #"{"memberId":"$M","channelId":"$C","ttl":60}"#
            for (method, path, body) in StatusRowTests.calls + [("POST", "/v1/ice-params", ice)] {
                // ICE restarts come with the token that the SDK began with (protocol page §1.7).
                let isTaken = kind == .expired && path == "/v4/transports/connections/ice"
                let answer = try await stage.http(method, path, body, token: token)
                #expect(answer.status == (isTaken ? 200 : 401), "\(method) \(path)")
            }
        }
    }

    @Test("§1.1 token: one of 7 KB, issued 2 minutes from now for 72 hours, is taken")
    func limits() async throws {
        try await withStage(.connected) { stage in
            let now = stage.server.clock.seconds
            func token(_ padding: Int) async throws -> String {
                let scope = TestTokens.everything.dropLast() + #","x":"\#(String(repeating: "x", count: padding))"}"#
                return try await TestTokens.sign(
                    TestTokens.claims(scope: String(scope), issuedAt: now + 120, lifetime: 259_200)
                )
            }
            // Base64 writes three bytes as four characters.
            let missing = 7 * 1024 - (try await token(0)).utf8.count
            let longest = try await token(missing * 3 / 4)
            #expect((7 * 1024 - 2...7 * 1024).contains(longest.utf8.count))
            try await stage.server.withRPC(token: longest) { try await $0.call("createChannel") }
            let answer = try await stage.http("POST", "/v4/bots", #"{"appId":"$A","channelId":"none"}"#, token: longest)
            #expect(answer.status == 404)
        }
    }

    @Test("§1.7 expiry: is an error of each call and never ends the socket; with a new token it goes on")
    func expiry() async throws {
        try await withStage { stage in
            stage.server.clock.advance(seconds: 3601)
            #expect(try await stage.refusal("getChannel", #"{"id":"$C"}"#) == .init(code: 401, inner: 401_000))
            // The SDK asks for the time with the old token before it sends the new one.
            try await stage.call("getServerUnixtime")
            let fresh = try await stage.server.token()
            try stage.expect(try await stage.call("updateAuthToken", #"{"authToken":"\#(fresh)"}"#), "{}")
            try await stage.call("getChannel", #"{"id":"$C","authToken":"\#(fresh)"}"#)
        }
    }
}
