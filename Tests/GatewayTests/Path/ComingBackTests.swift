// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing
import WHIPClient

@testable import Gateway
@testable import SkyWay

/// A publisher that is lost and comes back, up to a viewer that stays; its rules are short here.
@Suite("Coming back", .serialized, .timeLimit(.minutes(1)))
struct ComingBackTests {
    private static func run(
        policy: TakeoverPolicy = .replaceWhenSilent,
        window: Duration = .seconds(30),
        configure: @escaping (inout GatewayConfiguration) -> Void = { _ in },
        _ test: @escaping @Sendable (ComingBack) async throws -> Void
    ) async throws {
        try await WholePath.run {
            $0.takeover = ComingBack.rules
            $0.takeover.policy = policy
            $0.resumeWindow = window
            $0.bearerTokens = [Redacted("a"), Redacted("b")]
            configure(&$0)
        } _: { path in
            try await test(ComingBack(path: path))
        }
    }

    @Test("OBS's order: lost, DELETE, POST; member, publications and subscriptions stay, and the streams go on")
    func lossDeletePost() async throws {
        try await Self.run { stage in
            let former = try await stage.publish()
            let viewer = try await stage.watch(former)
            let before = try await stage.room()
            try await stage.lose(former)
            #expect(try await former.delete() == 200)
            try await stage.reaches("waiting")
            #expect(try await stage.room() == before)
            let next = try await stage.publish(first: 5_000)
            try await viewer.receives(50, from: 5_000)
            try await stage.reaches("live")
            #expect(try await stage.room() == before)
            try viewer.expectContinuity(at: 5_000)
            // It is tidied up too late, and touches nobody.
            #expect(try await former.delete() == 404)
            try await viewer.receives(20, from: 5_000)
            #expect(try await next.delete() == 200)
            #expect(try await stage.state() == nil)
        }
    }

    @Test("A gateway that is drained waits for nobody")
    func drained() async throws {
        try await Self.run {
            $0.adminKey = Redacted("0123456789abcdef")
        } _: { stage in
            let former = try await stage.publish()
            try await stage.flows(former)
            try await stage.lose(former)
            #expect(try await former.delete() == 200)
            try await stage.reaches("waiting")
            let headers = ["Authorization: Bearer 0123456789abcdef"]
            let request = RawHTTP.request("PUT", "/api/v1/drain", headers)
            #expect(try await RawHTTP.send(request, to: stage.path.gatewayPort).status == 200)
            while try await stage.state() != nil { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    @Test("A POST in the place of a session that is silent; its late DELETE touches nobody")
    func takeover() async throws {
        try await Self.run { stage in
            let former = try await stage.publish()
            let viewer = try await stage.watch(former)
            let before = try await stage.room()
            try await former.cut()
            _ = try await stage.publish(first: 5_000)
            try await viewer.receives(50, from: 5_000)
            #expect(try await stage.room() == before)
            try viewer.expectContinuity(at: 5_000)
            #expect(try await former.delete() == 404)
            try await viewer.receives(20, from: 5_000)
        }
    }

    @Test("Without a key it is the same program from the same address, once it is silent; else it is another one")
    func anonymous() async throws {
        try await Self.run {
            $0.bearerTokens = []
        } _: { stage in
            let former = try await stage.publish(bearer: nil)
            let viewer = try await stage.watch(former)
            let other = try await stage.publish(bearer: nil)
            #expect(try await stage.members().count == 2)
            await other.session.close()
            while try await stage.members().count > 1 { try await Task.sleep(for: .milliseconds(20)) }
            let before = try await stage.room()
            try await stage.lose(former)
            _ = try await stage.publish(bearer: nil, first: 5_000)
            try await viewer.receives(50, from: 5_000)
            #expect(try await stage.room() == before)
        }
    }

    @Test("With another codec the picture is published anew, and the sound goes on")
    func changedCodec() async throws {
        try await Self.run { stage in
            let former = try await stage.publish()
            let viewer = try await stage.watch(former)
            let before = try await stage.room()
            try await stage.lose(former)
            #expect(try await former.delete() == 200)
            _ = try await stage.publish(codecs: [.publishedOpus, SteppedPublisher.vp8], first: 5_000)
            try await viewer.receives(50, from: 5_000, kind: .audio)
            try viewer.expectContinuity(at: 5_000, kinds: [.audio])
            try await stage.reaches("live")
            let after = try await stage.room()
            #expect(after.members == before.members)
            #expect(after.publications["audio"] == before.publications["audio"])
            #expect(after.publications["video"] != before.publications["video"])
            #expect(after.publications.count == 2)
        }
    }

    @Test("Where it offers several, the codec that is being published is taken")
    func prefersPublished() async throws {
        try await Self.run {
            $0.codecs = (try? CodecPreference("vp8,h264")) ?? .none
        } _: { stage in
            let former = try await stage.publish()
            let before = try await stage.room()
            try await stage.flows(former)
            try await stage.lose(former)
            _ = try await stage.publish(codecs: [.publishedOpus, .publishedH264], others: [SteppedPublisher.vp8])
            try await stage.reaches("live")
            #expect(try await stage.room().publications == before.publications)
        }
    }

    @Test("Sound alone withdraws the picture, and a picture that comes with it again is published again")
    func otherKinds() async throws {
        try await Self.run { stage in
            let former = try await stage.publish()
            let viewer = try await stage.watch(former)
            let before = try await stage.room()
            try await stage.lose(former)
            let sound = try await stage.publish(codecs: [.publishedOpus], first: 5_000)
            try await viewer.receives(50, from: 5_000, kind: .audio)
            try await stage.reaches("live")
            let alone = try await stage.room()
            #expect(alone.publications == before.publications.filter { $0.key == "audio" })
            try await stage.lose(sound)
            _ = try await stage.publish(first: 9_000)
            try await viewer.receives(50, from: 9_000, kind: .audio)
            try await stage.reaches("live")
            let both = try await stage.room()
            #expect(both.publications["audio"] == before.publications["audio"])
            #expect(both.publications["video"] != nil && both.members == before.members)
        }
    }

    @Test("Whoever ends what is flowing ends the broadcast", arguments: ["DELETE", "close_notify"])
    func ended(how: String) async throws {
        try await Self.run { stage in
            let publisher = try await stage.publish()
            try await stage.flows(publisher)
            if how == "DELETE" {
                #expect(try await publisher.delete() == 200)
            } else {
                await publisher.session.close()
            }
            while try await !stage.members().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try await stage.state() == nil)
        }
    }

    @Test("Whoever does not come back in time begins anew", arguments: [Duration.milliseconds(200), .zero])
    func windowOver(window: Duration) async throws {
        try await Self.run(window: window) { stage in
            let former = try await stage.publish()
            try await stage.flows(former)
            let before = try await stage.members()
            try await stage.lose(former)
            #expect(try await former.delete() == 200)
            while try await !stage.members().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try await stage.state() == nil)
            let next = try await stage.publish(first: 5_000)
            try await stage.flows(next)
            #expect(try await stage.members() != before)
        }
    }

    @Test("While one publishes, another with its key is refused, takes its place, or waits, as the policy says")
    func policies() async throws {
        for policy in TakeoverPolicy.allCases {
            try await Self.run(policy: policy) { stage in
                let former = try await stage.publish()
                let viewer = try await stage.watch(former)
                let before = try await stage.room()
                let response = try await SteppedPublisher.ask(in: ComingBack.name, bearer: "a", on: stage.path)
                if policy == .replace {
                    #expect(response.status == 201)
                    _ = try await stage.publish(first: 5_000)
                    try await viewer.receives(50, from: 5_000)
                } else {
                    #expect(response.status == 409 && response.problem == "key-in-use")
                    #expect(response["Retry-After"] == "5")
                    try await viewer.receives(20, from: 0)
                }
                #expect(try await stage.room() == before)
                // Another key has nothing to do with it.
                _ = try await stage.publish(bearer: "b")
                #expect(try await stage.members().count == 2)
            }
        }
    }

    @Test("An offer that can't be taken leaves the one who publishes alone, and a broadcast that waits waiting")
    func refusedOffer() async throws {
        try await Self.run(policy: .replace) { stage in
            let former = try await stage.publish()
            let viewer = try await stage.watch(former)
            let refused = try await SteppedPublisher.ask(
                in: ComingBack.name,
                codecs: [SteppedPublisher.unknown],
                bearer: "a",
                on: stage.path
            )
            #expect(refused.status == 422 && refused.problem == "no-common-codec")
            try await viewer.receives(20, from: 0)
            try await stage.lose(former)
            #expect(try await former.delete() == 200)
            try await stage.reaches("waiting")
            let again = try await SteppedPublisher.ask(
                in: ComingBack.name,
                codecs: [SteppedPublisher.unknown],
                bearer: "a",
                on: stage.path
            )
            #expect(again.status == 422)
            #expect(try await stage.state() == "waiting")
        }
    }

    @Test("The hook is told of a return, and of the end once: the true one")
    func hook() async throws {
        try await StubService.run { _ in
            .json(#"{"publisher": "anna"}"#)
        } _: { service, url in
            try await Self.run {
                $0.hook = PublishHook.Configuration(url: url, secret: nil)
            } _: { stage in
                let former = try await stage.publish()
                try await stage.flows(former)
                try await stage.lose(former)
                #expect(try await former.delete() == 200)
                let next = try await stage.publish(first: 5_000)
                try await stage.flows(next)
                #expect(try await next.delete() == 200)
                while service.received.count < 4 { try await Task.sleep(for: .milliseconds(20)) }
            }
            let events = try service.received.map { try HookEventRead($0) }
            let types = ["publish.ended", "publish.requested", "publish.requested", "publish.resumed"]
            #expect(events.map(\.type).sorted() == types)
            let asked = events.filter { $0.type == "publish.requested" }
            let resumed = try #require(events.first { $0.type == "publish.resumed" })
            let ended = try #require(events.first { $0.type == "publish.ended" })
            #expect(resumed.data.id == asked[0].data.id && resumed.data.resumedBy == asked[1].data.id)
            #expect(ended.data.id == asked[0].data.id && ended.data.reason == "deleted by the publisher")
        }
    }
}
