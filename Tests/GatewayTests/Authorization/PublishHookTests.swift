// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Gateway
@testable import SkyWay

/// A service that is asked who may publish, over HTTP on sockets.
@Suite("The hook", .timeLimit(.minutes(1)))
struct PublishHookTests {
    private static let secret = Redacted("a-secret-of-this-test")

    private func run(
        _ url: String,
        _ setup: GatewaySetup = GatewaySetup(),
        timeout: Duration = .seconds(5),
        _ test: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        var hook = PublishHook.Configuration(url: url, secret: Self.secret)
        hook.timeout = timeout
        var setup = setup
        setup.hook = hook
        try await GatewayFixture.serve(setup, test)
    }

    /// An event as the service reads it.
    private struct Event: Decodable {
        struct Content: Decodable {
            var id: String
            var channel: String?
            var publisher: String?
            var token: String?
            var userAgent: String?
            var address: String?
            var reason: String?
            var seconds: Int?
        }

        var type: String
        var timestamp: String
        var data: Content

        init(_ received: StubService.Received) throws {
            self = try JSONDecoder().decode(Event.self, from: Data(received.body.utf8))
        }
    }

    private func events(_ service: StubService, _ count: Int) async throws -> [Event] {
        while service.received.count < count { try await Task.sleep(for: .milliseconds(5)) }
        return try service.received.map { try Event($0) }
    }

    @Test("It is asked before, told afterwards, and both are signed")
    func askedAndTold() async throws {
        try await StubService.run { _ in
            Response(status: .noContent)
        } _: { service, url in
            try await run(url) { gateway in
                let response = try await gateway.post(authorization: "Bearer hush")
                #expect(response.status == .created)
                _ = try await gateway.send(.delete, try #require(response.headers[.location]))
                let events = try await events(service, 2)
                #expect(events.map(\.type) == ["publish.requested", "publish.ended"])
                #expect(events[0].data.id == events[1].data.id)
                #expect(events.map(\.data.channel) == ["studio", "studio"])
                // Nobody else judges the token.
                #expect(events.map(\.data.token) == ["hush", nil])
                #expect(events[0].data.address == "127.0.0.1" || events[0].data.address == "::1")
                #expect(events[1].data.reason == "deleted by the publisher")
                #expect(events[1].data.seconds == 0)
            }
            for received in service.received {
                func header(_ name: String) -> String { HTTPField.Name(name).flatMap { received.headers[$0] } ?? "" }
                let time = try #require(Int(header("webhook-timestamp")))
                #expect(abs(Date().timeIntervalSince1970 - Double(time)) < 60)
                let expected = HookSignature(Self.secret)
                    .sign(id: header("webhook-id"), time: time, body: Data(received.body.utf8))
                #expect(header("webhook-signature") == expected)
            }
        }
    }

    @Test("A signature is that of Standard Webhooks")
    func signature() {
        // The example of the standard's own libraries.
        let signature = HookSignature(Redacted("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).sign(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            time: 1_614_265_330,
            body: Data(#"{"test": 2432232314}"#.utf8)
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("What it answers is put over the grant")
    func answer() async throws {
        let links = BroadcastRegistryTests.Links()
        let text = #"{"channel": "stage", "memberName": "anna", "codecs": ["h264"], "publisher": "anna"}"#
        try await StubService.run { _ in
            .json(text)
        } _: { _, url in
            try await run(url, GatewaySetup(connect: { request, _ in links.make(request) })) { gateway in
                for token in ["a", "b"] {
                    let response = try await gateway.post(authorization: "Bearer \(token)")
                    #expect(response.status == .created)
                }
                #expect(links.all.map(\.request.channel) == [.name("stage"), .name("stage")])
                #expect(links.all.map(\.request.memberName) == ["anna", "anna"])
                // Whom it calls the same takes the place of the session before.
                #expect(await gateway.registry.count == 1)
            }
        }
    }

    @Test(
        "What it refuses is refused, once, and nothing is made or told afterwards",
        arguments: [
            (401, "{}", 401, "unauthorized"), (403, #"{"detail": "Not on Sundays."}"#, 403, "refused-by-hook"),
            (404, "nonsense", 403, "refused-by-hook"), (429, "", 429, "too-many-requests"),
        ]
    )
    func refusals(status: Int, body: String, expected: Int, problem: String) async throws {
        let link = FakeLink()
        let answer: @Sendable (StubService.Received) -> Response = { _ in
            var response = Response.json(body, status: HTTPResponse.Status(code: status))
            response.headers[.retryAfter] = "7"
            return response
        }
        try await StubService.run(answer) { service, url in
            try await run(url, GatewaySetup(connect: { _, _ in link })) { gateway in
                let response = try await gateway.post(authorization: "Bearer hush")
                try response.expectRefusal(expected, problem)
                #expect(response.headers[.retryAfter] == (expected == 429 ? "7" : nil))
                #expect(String(buffer: response.body).contains("Sundays") == body.contains("Sundays"))
                #expect(await gateway.registry.count == 0)
            }
            #expect(service.received.count == 1)
            #expect(link.asked.isEmpty)
        }
    }

    @Test(
        "A service that fails, answers nonsense or is slow lets nobody in, in time",
        arguments: ["500", "nonsense", "slow"]
    )
    func failing(how: String) async throws {
        let answer: @Sendable (StubService.Received) async throws -> Response = { _ in
            switch how {
            case "500": return Response(status: .internalServerError)
            case "nonsense": return .json(#"{"maximumPublishers": "many"}"#)
            default:
                try await Task.sleep(for: .seconds(3600))
                return Response(status: .ok)
            }
        }
        try await StubService.run(answer) { service, url in
            try await run(url, timeout: how == "slow" ? .milliseconds(200) : .seconds(5)) { gateway in
                let began = ContinuousClock.now
                let response = try await gateway.post()
                try response.expectRefusal(503, "authorization-unavailable")
                #expect(response.headers[.retryAfter] == "5")
                #expect(ContinuousClock.now - began < .seconds(4))
            }
            // An answer that can't be used would not be another one the next time.
            #expect(service.received.count == (how == "nonsense" ? 1 : 2))
        }
    }

    @Test("A service that is down lets nobody in, and what fails once is asked again")
    func downAndBack() async throws {
        let listener = try SilentListener(isListening: false)
        try await run("http://127.0.0.1:\(listener.port)/") { gateway in
            try await gateway.post().expectRefusal(503, "authorization-unavailable")
        }
        listener.close()
        try await StubService.run { _ in
            Response(status: .ok)
        } _: { service, url in
            service.answer { _ in
                Response(status: service.received.count == 1 ? .badGateway : .ok)
            }
            try await run(url) { gateway in
                let response = try await gateway.post()
                #expect(response.status == .created)
                let ids = service.received.map { $0.headers[HTTPField.Name("webhook-id") ?? .eTag] }
                #expect(ids.count == 2 && Set(ids).count == 1)
            }
        }
    }

    @Test("It hears the end also where the session failed after it had agreed")
    func failedAfterwards() async throws {
        try await StubService.run { _ in
            Response(status: .ok)
        } _: { service, url in
            let link = FakeLink { _ in throw SkyWayError(.unreachable, .rtcAPI) }
            try await run(url, GatewaySetup(connect: { _, _ in link })) { gateway in
                try await gateway.post().expectRefusal(502, "skyway-unreachable")
                let events = try await events(service, 2)
                #expect(events[1].type == "publish.ended")
                #expect(events[1].data.reason?.hasPrefix("refused") == true)
            }
        }
    }

    @Test("A key that is revoked while it is asked opens nothing, and one whose publisher it named ends all the same")
    func revokedMeanwhile() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            var grant = GrantDescription()
            grant.channel = "studio"
            let made = try file.add(grant)
            try await StubService.run { _ in
                .json(#"{"publisher": "anna"}"#)
            } _: { service, url in
                let setup = GatewaySetup(configure: { $0.streamKeys = file.path })
                try await run(url, setup) { gateway in
                    let response = try await gateway.post(authorization: "Bearer \(made.key.exposed)")
                    #expect(response.status == .created)
                    let registry = gateway.registry
                    service.answer { received in
                        guard received.body.contains("publish.requested") else { return Response(status: .ok) }
                        _ = try file.revoke(made.kept.id)
                        while await registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
                        return Response(status: .ok)
                    }
                    try await gateway.post(authorization: "Bearer \(made.key.exposed)")
                        .expectRefusal(401, "unauthorized")
                    #expect(await gateway.registry.count == 0)
                }
            }
        }
    }

    @Test("Beside stream keys it has the last word, and is not sent the key")
    func besideKeys() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            var grant = GrantDescription()
            grant.channel = "studio"
            let made = try file.add(grant)
            try await StubService.run { _ in
                Response(status: .forbidden)
            } _: { service, url in
                try await run(url, GatewaySetup(configure: { $0.streamKeys = file.path })) { gateway in
                    try await gateway.post(authorization: "Bearer wrong").expectRefusal(401, "unauthorized")
                    #expect(service.received.isEmpty)
                    try await gateway.post(authorization: "Bearer \(made.key.exposed)")
                        .expectRefusal(403, "refused-by-hook")
                }
                let event = try Event(try #require(service.received.first))
                #expect(event.data.token == nil)
                #expect(event.data.publisher == "key \(made.kept.id)")
                #expect(!service.received[0].body.contains(made.key.exposed))
            }
        }
    }
}
