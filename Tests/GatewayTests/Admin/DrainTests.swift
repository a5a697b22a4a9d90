// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Logging
import Testing

@testable import Gateway
@testable import SkyWay

/// Draining and readiness over real HTTP.
@Suite("Draining", .timeLimit(.minutes(1)))
struct DrainTests {
    private static let key = "0123456789abcdef-admin"
    private static let path = "/api/v1/drain"

    /// Runs a test against a gateway with an administrative key, and what follows from a drain.
    private static func serve(
        configure: @escaping (inout GatewayConfiguration) -> Void = { _ in },
        edit: @escaping (inout BroadcastEnvironment) -> Void = { _ in },
        lines: LogSecrecyTests.Memory.Lines = .init(),
        _ test: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let setup = GatewaySetup(edit: edit) { configuration in
            configuration.adminKey = Redacted(key)
            configure(&configuration)
        }
        try await GatewayFixture.serve(setup) { gateway in
            let conductor = DrainConductor(
                gateway.registry.drain,
                of: gateway.registry,
                logger: lines.logger,
                interval: .milliseconds(10)
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await conductor.run() }
                try await test(gateway)
                group.cancelAll()
            }
        }
    }

    private static func ask(
        _ gateway: GatewayFixture,
        _ method: String,
        body: String? = nil,
        key: String? = key
    ) async throws -> RawResponse {
        let headers = key.map { ["Authorization: Bearer \($0)"] } ?? []
        return try await gateway.wire(method, path, headers, body: body)
    }

    /// Returns once the log has a line with these words.
    private static func wait(for words: String, in lines: LogSecrecyTests.Memory.Lines) async throws {
        while !lines.all.contains(words) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("New publishers are refused for a while, what runs goes on, and it can be taken back")
    func refusing() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        try await Self.serve(lines: lines) { gateway in
            let running = try #require(try await gateway.wirePost()["Location"])
            #expect(try await gateway.wire("GET", "/ready").body == #"{"status":"ready"}"#)

            let drained = try await Self.ask(gateway, "PUT")
            #expect(drained.status == 200 && drained["Content-Type"] == "application/json")
            #expect(drained.body == #"{"draining":true,"redirect":null,"secondsLeft":null,"sessions":1}"#)
            try await Self.wait(for: "Draining: new publishers are refused", in: lines)

            let refused = try await gateway.wirePost()
            #expect(refused.status == 503 && refused.problem == "draining")
            #expect(refused["Retry-After"] == "5")
            #expect(refused.values("Location").isEmpty)
            let unready = try await gateway.wire("GET", "/ready")
            #expect(unready.status == 503 && unready.problem == "draining" && unready["Retry-After"] == "5")
            #expect(try await gateway.wire("HEAD", "/ready").status == 503)
            #expect(try await gateway.wire("GET", "/health").status == 200)

            #expect(try await gateway.wire("GET", running).status == 204)
            let trickle = [Fragments.type, "If-Match: *"]
            #expect(try await gateway.wire("PATCH", running, trickle, body: Fragments.candidates()).status == 204)
            #expect(try await gateway.wire("PATCH", running, trickle, body: Fragments.restart).status == 200)
            #expect(!lines.all.contains("Drained"))
            #expect(try await gateway.wire("DELETE", running).status == 200)
            try await Self.wait(for: "Drained: no session is left", in: lines)

            let undone = try await Self.ask(gateway, "DELETE")
            #expect(undone.status == 200 && undone.body.contains(#""draining":false"#))
            try await Self.wait(for: "Not draining any more", in: lines)
            #expect(try await gateway.wire("GET", "/ready").status == 200)
            #expect(try await gateway.wirePost().status == 201)
        }
    }

    @Test("New publishers are sent to another gateway, once it is known who they are")
    func redirecting() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        let guarded = { (configuration: inout GatewayConfiguration) in configuration.bearerTokens = [Redacted("hush")] }
        try await Self.serve(configure: guarded, lines: lines) { gateway in
            let body = #"{"redirect": "https://other.test:8443/"}"#
            let drained = try await Self.ask(gateway, "PUT", body: body)
            #expect(drained.body.contains(#""redirect":"https://other.test:8443""#))
            try await Self.wait(for: "sent elsewhere", in: lines)
            #expect(lines.all.contains("https://other.test:8443"))
            let headers = ["Content-Type: application/sdp", "Authorization: Bearer hush"]
            let sent = try await gateway.wire("POST", "/whip/studio?a=b", headers, body: Offers.obs())
            #expect(sent.status == 307)
            #expect(sent["Location"] == "https://other.test:8443/whip/studio?a=b")
            #expect(try await gateway.wirePost().status == 401)
            #expect(await gateway.registry.count == 0)
            #expect(try await gateway.wire("GET", "/ready").status == 503)
        }
    }

    @Test("What the gateway is set to counts where nothing else is said, and null says otherwise")
    func defaults() async throws {
        let request = Drain.Request(redirect: WebOrigin("https://set.test"), limit: .seconds(600))
        let set = { (configuration: inout GatewayConfiguration) in configuration.drain = request }
        try await Self.serve(configure: set) { gateway in
            let first = try await Self.ask(gateway, "PUT")
            #expect(first.body.contains(#""redirect":"https://set.test""#))
            #expect(first.body.contains(/"secondsLeft":(600|599)/))
            let second = try await Self.ask(gateway, "PUT", body: #"{"redirect": null, "limitSeconds": null}"#)
            #expect(second.body.contains(#""redirect":null,"secondsLeft":null"#))
        }
    }

    @Test("After the limit what is left ends, and asking for the same again does not put that off")
    func limit() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        try await Self.serve(lines: lines) { gateway in
            let running = try #require(try await gateway.wirePost()["Location"])
            #expect(try await Self.ask(gateway, "PUT", body: #"{"limitSeconds": 1}"#).status == 200)
            let course = try #require(gateway.registry.drain.course)
            #expect(try await Self.ask(gateway, "PUT", body: #"{"limitSeconds": 1}"#).status == 200)
            #expect(gateway.registry.drain.course == course)
            #expect(try await gateway.wire("GET", running).status == 204)
            try await Self.wait(for: "The time to drain is over", in: lines)
            #expect(try #require(course.end) <= .now)
            try await Self.wait(for: "Drained: no session is left", in: lines)
            #expect(try await gateway.wire("GET", running).status == 404)
        }
    }

    @Test("Nobody but the operator may ask, and what can't be read changes nothing")
    func refusals() async throws {
        try await Self.serve { gateway in
            for method in ["GET", "PUT", "DELETE"] {
                let anonymous = try await Self.ask(gateway, method, key: nil)
                #expect(anonymous.status == 401 && anonymous.problem == "admin-unauthorized")
                #expect(anonymous["WWW-Authenticate"] == #"Bearer realm="gateway administration""#)
                let stranger = try await Self.ask(gateway, method, key: Self.key + "x")
                #expect(stranger.status == 401)
                #expect(stranger["WWW-Authenticate"]?.contains(#"error="invalid_token""#) == true)
            }
            #expect(gateway.registry.drain.course == nil)
            for body in ["drain", "[]", #"{"redirect": "nowhere"}"#, #"{"limitSeconds": -1}"#, #"{"limit": 1}"#] {
                let answer = try await Self.ask(gateway, "PUT", body: body)
                #expect(answer.status == 400 && answer.problem == "malformed-drain", "\(body)")
            }
            let long = try await Self.ask(gateway, "PUT", body: String(repeating: " ", count: 5_000))
            #expect(long.status == 413)
            let post = try await Self.ask(gateway, "POST", body: "{}")
            #expect(post.status == 405 && post["Allow"] == "GET, HEAD, PUT, DELETE")
            #expect(gateway.registry.drain.course == nil)
        }
        try await GatewayFixture.serve { gateway in
            let answer = try await Self.ask(gateway, "PUT")
            #expect(answer.status == 404 && answer.problem == "admin-unavailable")
        }
    }

    @Test("A gateway that has all the sessions it may have is healthy and not ready")
    func full() async throws {
        let one = { (environment: inout BroadcastEnvironment) in environment.publisherLimit = 1 }
        try await Self.serve(edit: one) { gateway in
            let running = try #require(try await gateway.wirePost()["Location"])
            let unready = try await gateway.wire("GET", "/ready")
            #expect(unready.status == 503 && unready.problem == "too-many-publishers")
            #expect(try await gateway.wire("GET", "/health").body == #"{"status":"healthy"}"#)
            #expect(try await gateway.wire("DELETE", running).status == 200)
            #expect(try await gateway.wire("GET", "/ready").status == 200)
        }
    }
}
