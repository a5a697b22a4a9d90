// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import Testing

@testable import SkyWay

/// How a link makes again what was lost, call by call (protocol page §8.2).
@Suite("A link that recovers, against a scripted SkyWay", .timeLimit(.minutes(1)))
struct LinkRecoveryTests {
    private static let room: JSONValue = [
        "channel": [
            "id": "C", "name": "studio-1", "version": 4, "publications": [], "subscriptions": [],
            "members": [["id": "B", "type": "Bot", "subtype": "sfu"]],
        ]
    ]
    private static let forwardings = "POST /v4/bots/B/forwardings"
    private static let video = [SkyWayPublication(.video, mimeType: "video/h264")]

    /// Runs a test on a link that publishes a picture.
    private func run(_ body: (ScriptedSkyWay, SkyWayLink) async throws -> Void) async throws {
        let service = ScriptedSkyWay(defaults: [
            "getServerUnixtime": ["unixtime": 1_790_000_000_000], "getChannelByName": Self.room,
            "getChannel": Self.room, "addMember": ["memberId": "M"], "publishStream": ["id": "P"],
            "PUT /v4/transports/connections/ice": [
                "iceParameters": ["usernameFragment": "abcd", "password": "abcdefghijklmnopqrstuv", "iceLite": true]
            ],
        ])
        await service.reply(Self.forwardings, .result(try Fixture.decode("forwarding-first")))
        try await service.run { host in
            var configuration = SkyWayConfiguration(appID: "A", secret: Redacted("secret"))
            configuration.rtcAPI = host
            configuration.sfu = host
            let request = SkyWayLinkRequest(channel: .name("studio-1"), mayCreateChannel: false, memberName: "camera")
            try await request.runLink(configuration) { link in
                _ = try await link.open(Self.video)
                try await body(service, link)
            }
        }
    }

    /// The calls since there were so many, those that only read left out.
    private func calls(of service: ScriptedSkyWay, since count: Int) async -> [String] {
        await service.names.dropFirst(count).filter { $0 != "updateMemberTtl" && $0 != "getServerUnixtime" }
    }

    @Test("Where nothing is missing, nothing is asked")
    func whole() async throws {
        try await run { service, link in
            let before = await service.names.count
            let forwardings = try await link.restore(Self.video)
            #expect(forwardings.transports.map(\.id) == ["X"])
            #expect(await calls(of: service, since: before).isEmpty)
        }
    }

    @Test("A relay that is gone is made again by one call")
    func relayRemoved() async throws {
        try await run { service, link in
            let relay = try #require(try await link.restore(Self.video).forwardings[.video]?.id)
            await service.reply(Self.forwardings, .result(try Fixture.decode("forwarding-second")))
            var events = link.events.makeAsyncIterator()
            try await service.notify("StreamUnpublished", version: 5, ["publication": ["id": .string(relay)]])
            #expect(await events.next() == .relayRemoved(.video))
            let before = await service.names.count
            let after = try #require(try await link.restore(Self.video).forwardings[.video])
            #expect(after.id != relay && after.transportID == "X")
            #expect(await calls(of: service, since: before) == [Self.forwardings])
        }
    }

    @Test("A member that is gone joins again, publishes and has it forwarded")
    func memberRemoved() async throws {
        try await run { service, link in
            var events = link.events.makeAsyncIterator()
            try await service.notify("MemberRemoved", version: 5, ["member": ["id": "M"]])
            #expect(await events.next() == .memberRemoved)
            await service.reply("addMember", .result(["memberId": "M2"]))
            await service.reply(Self.forwardings, .result(try Fixture.decode("forwarding-first")))
            let before = await service.names.count
            _ = try await link.restore(Self.video)
            #expect(await calls(of: service, since: before) == ["addMember", "publishStream", Self.forwardings])
            #expect(await link.memberID == "M2")
        }
    }

    @Test("What is published with other layers than it is to have is published anew, with their names")
    func otherLayers() async throws {
        try await run { service, link in
            await service.reply(Self.forwardings, .result(try Fixture.decode("forwarding-second")))
            let before = await service.names.count
            var video = Self.video
            video[0].encodings = ["low", "high"]
            let forwardings = try await link.restore(video)
            #expect(forwardings.encodings == [.video: ["low", "high"]])
            #expect(
                await calls(of: service, since: before) == ["unpublishStream", "publishStream", Self.forwardings]
            )
            guard case .object(let parameters)? = await service.parameters("publishStream") else { return }
            #expect(parameters["encodings"] == [["id": "low"], ["id": "high"]])
        }
    }

    @Test("A transport that was given up and is named again without options is an error of its own")
    func transportEnded() async throws {
        try await run { service, link in
            await link.giveUp(.missing, transports: ["X"])
            await service.reply(Self.forwardings, .result(try Fixture.decode("forwarding-second")))
            await #expect(throws: SkyWayError(.transportEnded, .sfu)) { try await link.restore(Self.video) }
            #expect(await service.names.contains { $0.hasPrefix("DELETE /v4/bots/B/forwardings/") })
        }
    }

    @Test("After a refusal the room is read before the next attempt, and nothing is repeated in one attempt")
    func refused() async throws {
        try await run { service, link in
            await link.giveUp(.forwardings, transports: [])
            await service.reply(Self.forwardings, .failure(404), .result(try Fixture.decode("forwarding-first")))
            let before = await service.names.count
            await #expect(throws: SkyWayError(.sfuFailure, .sfu)) { try await link.restore(Self.video) }
            _ = try await link.restore(Self.video)
            #expect(await calls(of: service, since: before) == [Self.forwardings, "getChannel", Self.forwardings])
        }
    }

    @Test("A transport gets new credentials by one call")
    func restartICE() async throws {
        try await run { service, link in
            let parameters = try await link.restartICE("X")
            #expect(parameters.usernameFragment == "abcd")
            await service.reply("PUT /v4/transports/connections/ice", .failure(404))
            await #expect(throws: SkyWayError(.sfuFailure, .sfu)) { try await link.restartICE("X") }
        }
    }

    @Test("A room that the server does not know after a lost connection is told as deleted")
    func roomGone() async throws {
        try await run { service, link in
            await service.reply("subscribeChannelEvents", .failure(404))
            await service.dropConnection()
            var events = link.events.makeAsyncIterator()
            while let event = await events.next(), event != .channelDeleted {}
            await service.reply("getChannelByName", .failure(404))
            await #expect(throws: SkyWayError(.channelNotFound, .rtcAPI)) { try await link.restore(Self.video) }
        }
    }
}
