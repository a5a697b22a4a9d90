// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import RTC
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("Broadcasts")
struct BroadcastRegistryTests {
    /// Links in the order in which they were made.
    final class Links: Sendable {
        private let made = Mutex<[(SkyWayLinkRequest, FakeLink)]>([])

        var all: [(request: SkyWayLinkRequest, link: FakeLink)] { made.withLock { $0 } }

        func make(_ request: SkyWayLinkRequest) -> FakeLink {
            let link = FakeLink()
            made.withLock { $0.append((request, link)) }
            return link
        }
    }

    @Test("Publishers without a token are broadcasts of their own, each a member with a name of its own")
    func several() async throws {
        let links = Links()
        try await GatewayFixture.run(GatewaySetup(connect: { request, _ in links.make(request) })) { gateway in
            for _ in 0..<3 { _ = try await gateway.post() }
            #expect(await gateway.registry.count == 3)
            let names = links.all.map(\.request.memberName)
            #expect(Set(names).count == 3)
            #expect(names.allSatisfy { $0.wholeMatch(of: /whip-[a-z0-9]{8}/) != nil })
            #expect(gateway.registry.live.entries.map(\.channel) == ["studio", "studio", "studio"])
        }
    }

    @Test("Ending one leaves the others alone")
    func endingOne() async throws {
        let links = Links()
        try await GatewayFixture.run(GatewaySetup(connect: { request, _ in links.make(request) })) { gateway in
            let first = try #require(try await gateway.post().headers[.location])
            let second = try #require(try await gateway.post().headers[.location])
            _ = try await gateway.send(.delete, first)
            #expect(links.all[0].link.asked.last == "stop")
            #expect(!links.all[1].link.asked.contains("stop"))
            let response = try await gateway.send(.get, second)
            #expect(response.status == .noContent)
        }
    }

    @Test("A publisher with the same token in the same channel takes the place of its former session")
    func replacing() async throws {
        let links = Links()
        try await GatewayFixture.run(GatewaySetup(connect: { request, _ in links.make(request) })) { gateway in
            let first = try #require(try await gateway.post(authorization: "Bearer a").headers[.location])
            _ = try await gateway.post(authorization: "Bearer b")
            _ = try await gateway.post(to: "/whip/other", authorization: "Bearer a")
            #expect(await gateway.registry.count == 3)
            _ = try await gateway.post(authorization: "Bearer a")
            #expect(await gateway.registry.count == 3)
            #expect(links.all[0].link.asked.last == "stop")
            #expect(!links.all[1].link.asked.contains("stop"))
            #expect(!links.all[2].link.asked.contains("stop"))
            let late = try await gateway.send(.delete, first)
            #expect(late.status == .notFound)
            #expect(await gateway.registry.count == 3)
        }
    }

    @Test("A key that may be used once is refused to another publisher while it is in use, where that is wanted")
    func refusing() async throws {
        try await GatewayFixture.run(GatewaySetup(edit: { $0.takeover.policy = .refuse })) { gateway in
            let first = try #require(try await gateway.post(authorization: "Bearer a").headers[.location])
            let refused = try await gateway.post(authorization: "Bearer a")
            try refused.expectRefusal(409, "key-in-use")
            #expect(refused.headers[.retryAfter] == "5")
            #expect(try await gateway.post(to: "/whip/other", authorization: "Bearer a").status == .created)
            #expect(try await gateway.send(.get, first).status == .noContent)
            #expect(try await gateway.send(.delete, first).status == .ok)
            #expect(try await gateway.post(authorization: "Bearer a").status == .created)
        }
    }

    @Test("The configured member name is used")
    func memberName() async throws {
        let links = Links()
        try await GatewayFixture.run(
            GatewaySetup(
                edit: { $0.memberName = "obs" },
                connect: { request, _ in links.make(request) }
            )
        ) { gateway in
            _ = try await gateway.post()
            #expect(links.all.map(\.request.memberName) == ["obs"])
        }
    }

    @Test(
        "What SkyWay takes away is made again, and the session stays",
        arguments: [
            .memberRemoved, .botRemoved, .publicationRemoved(.video), .relayRemoved(.video), .channelDeleted,
        ] as [SkyWayLinkEvent]
    )
    func skyWayLoss(event: SkyWayLinkEvent) async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let location = try #require(try await gateway.post().headers[.location])
            while link.producers.count < 2 { try await Task.sleep(for: .milliseconds(2)) }
            link.lose([.video])
            // The first attempt fails, so that there is another one.
            link.fail(SkyWayError(.unreachable, .sfu))
            link.tell.yield(event)
            while link.producers.count < 3 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(link.asked.suffix(3) == ["restore", "restore", "produce video"])
            #expect(try await gateway.send(.get, location).status == .noContent)
        }
    }

    @Test("Each stream that is declared anew has an SSRC and a MID of its own")
    func declaredAnew() async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            _ = try await gateway.post()
            while link.producers.count < 2 { try await Task.sleep(for: .milliseconds(2)) }
            link.lose(MediaKind.allCases)
            link.tell.yield(.memberRemoved)
            while link.producers.count < 4 { try await Task.sleep(for: .milliseconds(2)) }
            let parameters = link.producers.map(\.rtpParameters)
            #expect(Set(parameters.map(\.mid)).count == 4)
            #expect(Set(parameters.flatMap { $0.encodings.map(\.ssrc) }).count == 4)
        }
    }

    @Test(
        "What no repetition mends ends the session with its reason",
        arguments: [.scopeMissing, .limitReached, .usageLimitReached, .channelNotFound] as [SkyWayError.Code]
    )
    func beyondRepair(code: SkyWayError.Code) async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            _ = try await gateway.post()
            while link.producers.count < 2 { try await Task.sleep(for: .milliseconds(2)) }
            link.fail(SkyWayError(code, .rtcAPI))
            link.tell.yield(.memberRemoved)
            while await gateway.registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(link.asked.last == "stop")
            #expect(gateway.registry.live.entries.isEmpty)
        }
    }

    @Test("A link that ends ends the session")
    func linkEnded() async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            _ = try await gateway.post()
            link.tell.yield(.ended(SkyWayError(.usageLimitReached, .rtcAPI)))
            while await gateway.registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(link.asked.last == "stop")
        }
    }

    @Test("A lost connection to SkyWay's control plane alone ends nothing")
    func interruption() async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let location = try #require(try await gateway.post().headers[.location])
            for event in [.interrupted, .resumed, .relayPublished(.video)] as [SkyWayLinkEvent] {
                link.tell.yield(event)
            }
            let response = try await gateway.send(.get, location)
            #expect(response.status == .noContent)
        }
    }
}
