// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("What is published of a publisher's layers", .timeLimit(.minutes(1)))
struct PublishedLayersTests {
    private static let three = ["low", "mid", "high"]

    private static func run(
        _ link: FakeLink = FakeLink(),
        _ test: @escaping @Sendable (GatewayFixture, FakeLink) async throws -> Void
    ) async throws {
        let setup = GatewaySetup(edit: { $0.resumeWindow = .seconds(30) }, connect: { _, _ in link })
        try await GatewayFixture.run(setup) { try await test($0, link) }
    }

    /// The producer of video that was made as the one of this number.
    private static func producer(_ number: Int, of link: FakeLink) async throws -> RTPParameters {
        while true {
            let made = link.producers.filter { $0.kind == "video" }
            if made.count > number { return made[number].rtpParameters }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Waits until all is published, so that a publisher who comes back goes on with it.
    private static func isPublished(_ gateway: GatewayFixture, layers: Int) async throws {
        let published = { gateway.registry.board.broadcasts.last?.publications.last?.layers.count == layers }
        while !published() { try await Task.sleep(for: .milliseconds(2)) }
    }

    private static func encodings(of link: FakeLink) -> [String] {
        link.publications.first { $0.kind == .video }?.encodings ?? []
    }

    @Test(
        "two to four layers are published and declared alike, one SSRC each, named by their ranks",
        arguments: [
            (1, []), (2, ["low", "high"]), (3, three), (4, ["0", "1", "2", "3"]), (5, []),
        ] as [(Int, [String])]
    )
    func count(layers: Int, names: [String]) async throws {
        try await Self.run { gateway, link in
            #expect(try await gateway.post(Offers.obs(layers: layers)).status == .created)
            let parameters = try await Self.producer(0, of: link)
            #expect(Self.encodings(of: link) == names)
            #expect(Set(parameters.encodings.map(\.ssrc)).count == max(1, names.count))
            #expect(parameters.encodings.count == max(1, names.count))
        }
    }

    @Test("what is lost is declared with the same layers again, and with other SSRCs")
    func recovery() async throws {
        try await Self.run { gateway, link in
            _ = try await gateway.post(Offers.obs(layers: 3))
            let first = try await Self.producer(0, of: link)
            link.lose([.video])
            link.tell.yield(.botRemoved)
            let second = try await Self.producer(1, of: link)
            #expect(second.encodings.count == 3 && Self.encodings(of: link) == Self.three)
            #expect(Set(first.encodings.map(\.ssrc)).isDisjoint(with: second.encodings.map(\.ssrc)))
        }
    }

    @Test("a publisher that comes back with fewer layers goes on in the publication, with more it is published anew")
    func comingBack() async throws {
        try await Self.run { gateway, link in
            _ = try await gateway.post(Offers.obs(layers: 2), authorization: "Bearer a")
            try await Self.isPublished(gateway, layers: 2)
            for layers in [1, 2] {
                let answer = try await gateway.post(Offers.obs(layers: layers), authorization: "Bearer a")
                #expect(answer.status == .created)
            }
            #expect(!link.asked.contains("unpublish video") && link.producers.count == 2)
            _ = try await gateway.post(Offers.obs(layers: 3), authorization: "Bearer a")
            let anew = try await Self.producer(1, of: link)
            #expect(link.asked.contains("unpublish video") && !link.asked.contains("unpublish audio"))
            #expect(anew.encodings.count == 3 && Self.encodings(of: link) == Self.three)
        }
    }

    @Test("a publisher that comes back with more layers than SkyWay has names for is published anew, with the best one")
    func tooMany() async throws {
        try await Self.run { gateway, link in
            _ = try await gateway.post(Offers.obs(layers: 3), authorization: "Bearer a")
            try await Self.isPublished(gateway, layers: 3)
            _ = try await gateway.post(Offers.obs(layers: 5), authorization: "Bearer a")
            let anew = try await Self.producer(1, of: link)
            #expect(anew.encodings.count == 1 && Self.encodings(of: link).isEmpty)
        }
    }

    @Test("an SFU that refuses layers when all is made again gets the best one")
    func refusedAgain() async throws {
        try await Self.run { gateway, link in
            _ = try await gateway.post(Offers.obs(layers: 3))
            let first = try await Self.producer(0, of: link)
            link.refuse(SkyWayError(.invalidRequest, .sfu, status: 400))
            link.lose([.video])
            link.tell.yield(.botRemoved)
            let third = try await Self.producer(2, of: link)
            #expect(first.encodings.count == 3 && third.encodings.count == 1)
            #expect(Self.encodings(of: link).isEmpty)
        }
    }

    @Test("an SFU that refuses layers gets the best one, now and when the publisher comes back")
    func refused() async throws {
        let link = FakeLink()
        link.refuse(SkyWayError(.invalidRequest, .sfu, status: 400))
        try await Self.run(link) { gateway, link in
            _ = try await gateway.post(Offers.obs(layers: 3), authorization: "Bearer a")
            let first = try await Self.producer(0, of: link)
            let second = try await Self.producer(1, of: link)
            #expect(first.encodings.count == 3 && second.encodings.count == 1)
            #expect(Self.encodings(of: link).isEmpty)
            try await Self.isPublished(gateway, layers: 0)
            let answer = try await gateway.post(Offers.obs(layers: 3), authorization: "Bearer a")
            #expect(answer.status == .created)
            #expect(!link.asked.contains("unpublish video") && link.producers.count == 3)
        }
    }
}
