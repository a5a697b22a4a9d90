// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

/// What operators see and do, over real HTTP.
@Suite("The operator's API", .timeLimit(.minutes(1)))
struct StatusRouteTests {
    private static let key = "0123456789abcdef-admin"
    private static let lines = ["Authorization: Bearer \(key)"]

    private static func serve(
        connect: @escaping SkyWayConnector = { _, _ in FakeLink() },
        _ test: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let configure = { (configuration: inout GatewayConfiguration) in configuration.adminKey = Redacted(key) }
        try await GatewayFixture.serve(GatewaySetup(configure: configure, connect: connect), test)
    }

    private static func get(_ gateway: GatewayFixture, _ path: String) async throws -> RawResponse {
        try await gateway.wire("GET", "/api/v1/\(path)", lines)
    }

    /// Reads a stream of events until a text has come.
    private static func read(
        _ gateway: GatewayFixture,
        _ path: String,
        after last: String? = nil,
        until end: String,
        meanwhile: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> String {
        let reader = EventReader(port: gateway.port, key: key)
        return try await reader.read("/api/v1/\(path)", after: last, until: { $0.contains(end) }, meanwhile: meanwhile)
    }

    /// A text with all times taken out.
    private static func timeless(_ text: String) -> String {
        text.replacing(/"20[0-9-]+T[0-9:.]+Z"/, with: "TIME").replacing(
            /"session":"[0-9a-f]{8}"/,
            with: "\"session\":ID"
        )
    }

    @Test("Nobody but the operator may ask, and without a key there is nothing to ask")
    func key() async throws {
        let paths = ["status", "broadcasts", "broadcasts/1", "events"]
        try await Self.serve { gateway in
            for path in paths {
                let anonymous = try await gateway.wire("GET", "/api/v1/\(path)")
                #expect(anonymous.status == 401 && anonymous.problem == "admin-unauthorized", "\(path)")
                let stranger = try await gateway.wire("GET", "/api/v1/\(path)", ["Authorization: Bearer \(Self.key)x"])
                #expect(stranger.status == 401, "\(path)")
            }
            #expect(try await gateway.wire("DELETE", "/api/v1/broadcasts/1").status == 401)
            let post = try await gateway.wire("POST", "/api/v1/broadcasts", Self.lines, body: "{}")
            #expect(post.status == 405 && post["Allow"] == "GET, HEAD")
            let put = try await gateway.wire("PUT", "/api/v1/broadcasts/1", Self.lines, body: "{}")
            #expect(put.status == 405 && put["Allow"] == "GET, HEAD, DELETE")
        }
        try await GatewayFixture.serve { gateway in
            for path in paths {
                let answer = try await Self.get(gateway, path)
                #expect(answer.status == 404 && answer.problem == "admin-unavailable", "\(path)")
            }
        }
    }

    @Test("A broadcast is told with all that is known of it, and no secret")
    func shape() async throws {
        try await Self.serve { gateway in
            #expect(try await Self.get(gateway, "broadcasts").body == #"{"broadcasts":[],"ended":[]}"#)
            let location = try #require(try await gateway.wirePost()["Location"])
            let secret = location.split(separator: "/").last ?? ""
            var answer = try await Self.get(gateway, "broadcasts/1")
            while !answer.body.contains(#""producerId":"producer","publicationId":"publication-video""#) {
                try await Task.sleep(for: .milliseconds(5))
                answer = try await Self.get(gateway, "broadcasts/1")
            }
            #expect(answer["Content-Type"] == "application/json" && answer["Cache-Control"] == "no-store")
            #expect(!answer.body.contains(secret))
            #expect(answer.body.contains(#""session":"\#(secret.prefix(8))""#))
            let transports = /"transports":\[.*\]/
            #expect(Self.timeless(answer.body).replacing(transports, with: "\"transports\":[]") == Self.expected)
            let all = try await Self.get(gateway, "broadcasts")
            #expect(all.body.hasPrefix(#"{"broadcasts":[{"channel":{"id":"channel-1","name":"studio"},"#))
            #expect(try await gateway.wire("HEAD", "/api/v1/broadcasts", Self.lines).status == 200)
        }
    }

    private static let expected =
        #"{"channel":{"id":"channel-1","name":"studio"},"#
        + #""counters":{"reconnects":0,"recoveries":{},"refusedConfirmations":0,"returns":0},"end":null,"id":"1","#
        + #""member":{"id":"member-1","name":"whip-test"},"metadata":{},"publications":["#
        + #"{"codec":"opus","forwardingId":"forwarding-audio","kind":"audio","layers":[],"producerId":"producer","#
        + #""publicationId":"publication-audio","subscriptions":0},"#
        + #"{"codec":"H264","forwardingId":"forwarding-video","kind":"video","layers":[],"producerId":"producer","#
        + #""publicationId":"publication-video","subscriptions":0}],"#
        + #""publisher":{"address":"127.0.0.1","key":null,"session":ID,"since":TIME,"userAgent":null},"#
        + #""recovery":null,"since":TIME,"status":"connecting","statusSince":TIME,"#
        + #""token":{"expiresAt":"2100-01-01T00:00:00.000Z","version":3},"transports":[]}"#

    @Test("An operator ends a broadcast, which is remembered with the reason")
    func ending() async throws {
        try await Self.serve { gateway in
            let location = try #require(try await gateway.wirePost()["Location"])
            let deleted = try await gateway.wire("DELETE", "/api/v1/broadcasts/1", Self.lines)
            #expect(deleted.status == 200)
            #expect(deleted.body.contains(#""end":{"detail":"ended by the operator","reason":"ended-by-operator"}"#))
            #expect(try await gateway.wire("GET", location).status == 404)
            let all = try await Self.get(gateway, "broadcasts")
            #expect(all.body.hasPrefix(#"{"broadcasts":[],"ended":[{"#) && all.body.contains(#""status":"ended""#))
            for id in ["1", "2", "x", "-1"] {
                let again = try await gateway.wire("DELETE", "/api/v1/broadcasts/\(id)", Self.lines)
                #expect(again.status == 404 && again.problem == "broadcast-not-found", "\(id)")
            }
            #expect(try await Self.get(gateway, "broadcasts/1").status == 200)
            #expect(try await Self.get(gateway, "broadcasts/2").problem == "broadcast-not-found")
            // Its publisher may begin anew.
            #expect(try await gateway.wirePost().status == 201)
        }
    }

    @Test("The stream of broadcasts begins with all that there are, and goes on with each that changes")
    func broadcastStream() async throws {
        try await Self.serve { gateway in
            _ = try await gateway.wirePost()
            let text = try await Self.read(gateway, "broadcasts", until: #""reason":"ended-by-operator""#) {
                _ = try await gateway.wirePost(to: "/whip/other")
                _ = try await gateway.wire("DELETE", "/api/v1/broadcasts/2", Self.lines)
            }
            let events = text.split(separator: "\n\n").map(String.init)
            #expect(events[0] == ": hello")
            let snapshot = /id: [0-9]+\nevent: snapshot\ndata: {"broadcasts":\[{.*"id":"1".*}\]}/
            #expect(try snapshot.wholeMatch(in: events[1]) != nil, "\(events[1])")
            let ids = events.dropFirst().compactMap { $0.firstMatch(of: /id: ([0-9]+)/).flatMap { Int($0.1) } }
            #expect(ids == ids.sorted() && Set(ids).count == ids.count)
            #expect(events.dropFirst(2).allSatisfy { $0.contains("\nevent: broadcast\ndata: {") })
            let second = events.dropFirst(2).filter { $0.contains(#""id":"2""#) }
            #expect(second.count >= 2 && second.last?.contains(#""status":"ended""#) == true)
        }
    }

    @Test("Events are told as they come, again to who comes back, and all at once to who asks so")
    func events() async throws {
        let link = FakeLink()
        let connect: SkyWayConnector = { _, _ in link }
        try await Self.serve(connect: connect) { gateway in
            let text = try await Self.read(gateway, "events", until: "event: viewer-left") {
                _ = try await gateway.wirePost()
                for event in [
                    .interrupted, .resumed, .tokenRenewed(life: .seconds(90)),
                    .subscriptionConfirmed(.video, subscriptionID: "s1"),
                    .subscriptionNotConfirmed(.audio, subscriptionID: "s2"),
                    .subscriptionEnded(subscriptionID: "s2"), .subscriptionEnded(subscriptionID: "s1"),
                ] as [SkyWayLinkEvent] { link.tell.yield(event) }
            }
            let names = text.matches(of: /event: ([a-z-]+)/).map { String($0.1) }
            let expected = [
                "begun", "control-lost", "control-back", "token-renewed", "viewer-confirmed", "viewer-refused",
                "viewer-left",
            ]
            #expect(names == expected)
            let again = try await Self.read(gateway, "events", after: "5", until: "viewer-left")
            #expect(again.hasPrefix(": hello\n\nid: 6\nevent: viewer-refused\ndata: {"))
            let listed = try await Self.get(gateway, "events?after=4&broadcast=1")
            #expect(listed.body.matches(of: /"event":"([a-z-]+)"/).map { String($0.1) } == Array(expected.dropFirst(4)))
            #expect(try await Self.get(gateway, "events?broadcast=2").body == #"{"events":[]}"#)
            let report = try await Self.get(gateway, "broadcasts/1")
            #expect(report.body.contains(#""reconnects":1"#) && report.body.contains(#""refusedConfirmations":1"#))
        }
    }

    @Test("The gateway tells its version, its door, its workers and its counters")
    func gateway() async throws {
        try await Self.serve { gateway in
            _ = try await gateway.wirePost()
            #expect(try await gateway.wirePost("no offer").status == 400)
            let answer = try await Self.get(gateway, "status")
            for part in [
                #""version":"\#(GatewayVersion.text)""#, #""ready":true"#, #""obstacle":null"#, #""draining":false"#,
                #""broadcasts":{"connecting":1,"live":0,"recovering":0,"waiting":0}"#, #""maximumSessions":500"#,
                #""refusals":{"malformed-offer":1}"#, #""begun":1"#, #""sessions":"#, #""udpPort":"#,
            ] { #expect(answer.body.contains(part), "\(part) in \(answer.body)") }
            gateway.registry.drain.begin(Drain.Request())
            let drained = try await Self.get(gateway, "status")
            #expect(drained.body.contains(#""ready":false"#) && drained.body.contains(#""draining":true"#))
            #expect(drained.body.contains("The gateway is being drained"))
        }
    }

    @Test("A gateway whose secret SkyWay refuses is not ready, and one that SkyWay does not answer is")
    func readiness() async throws {
        let failure = Mutex(SkyWayError(.unreachable, .rtcAPI))
        try await Self.serve { _, _ throws(SkyWayError) in
            throw failure.withLock { $0 }
        } _: { gateway in
            #expect(try await gateway.wirePost().problem == "skyway-unreachable")
            #expect(try await gateway.wire("GET", "/ready").status == 200)
            failure.withLock { $0 = SkyWayError(.tokenRefused, .rtcAPI) }
            #expect(try await gateway.wirePost().status == 502)
            let unready = try await gateway.wire("GET", "/ready")
            #expect(unready.status == 503 && unready.problem == "skyway-token-refused")
            #expect(unready["Retry-After"] == "60")
            #expect(try await gateway.wire("GET", "/health").status == 200)
            // Who comes all the same finds out whether it is still so.
            failure.withLock { $0 = SkyWayError(.unreachable, .rtcAPI) }
            #expect(try await gateway.wirePost().problem == "skyway-unreachable")
        }
    }
}
