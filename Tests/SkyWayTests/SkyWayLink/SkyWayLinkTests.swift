// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import Testing

@testable import SkyWay

@Suite("A link against a scripted SkyWay (protocol page §8.1)", .timeLimit(.minutes(1)))
struct SkyWayLinkTests {
    private static let room: JSONValue = [
        "channel": [
            "id": "C", "name": "studio-1", "version": 4, "publications": [], "subscriptions": [],
            "members": [["id": "B", "type": "Bot", "subtype": "sfu"]],
        ]
    ]
    private static let emptyRoom: JSONValue = [
        "channel": [
            "id": "C", "name": "studio-1", "version": 1, "publications": [], "subscriptions": [], "members": [],
        ]
    ]

    private static let forwardings = "POST /v4/bots/B/forwardings"

    private func service() async throws -> ScriptedSkyWay {
        let service = ScriptedSkyWay(defaults: [
            "getServerUnixtime": ["unixtime": 1_790_000_000_000], "getChannelByName": Self.room,
            "getChannel": Self.room, "findOrCreateChannel": Self.emptyRoom, "addMember": ["memberId": "M"],
            "POST /v4/bots": ["id": "B"],
            "PUT /v4/bots/B/forwardings/R-Video/transports/producers": ["producerId": "P"],
        ])
        await service.reply("publishStream", .result(["id": "P1"]), .result(["id": "P2"]))
        await service.reply(
            Self.forwardings,
            .result(try Fixture.decode("forwarding-first")),
            .result(try Fixture.decode("forwarding-second"))
        )
        return service
    }

    private static let publications = [
        SkyWayPublication(.audio, mimeType: "audio/opus"), SkyWayPublication(.video, mimeType: "video/h264"),
    ]

    private static func renewOften(_ configuration: inout SkyWayConfiguration) {
        configuration.memberRenewal = .milliseconds(20)
    }

    private func withLink(
        _ service: ScriptedSkyWay,
        channel: ChannelReference = .name("studio-1"),
        mayCreateChannel: Bool = false,
        configure: (inout SkyWayConfiguration) -> Void = { _ in },
        body: (SkyWayLink) async throws -> Void
    ) async throws {
        try await service.run { host in
            var configuration = SkyWayConfiguration(appID: "A", secret: Redacted("secret"))
            configuration.rtcAPI = host
            configuration.sfu = host
            configure(&configuration)
            let request = SkyWayLinkRequest(
                channel: channel,
                mayCreateChannel: mayCreateChannel,
                memberName: "obs-gateway"
            )
            try await request.runLink(configuration, while: body)
        }
    }

    @Test("opening leads from the room's name to the SFU's transport; stopping takes all back in order")
    func openAndStop() async throws {
        let service = try await service()
        try await withLink(service) { link in
            let opened = try await link.open(Self.publications)
            #expect(opened.transports.map(\.id) == ["X"])
            #expect(opened.forwardings[.audio] == .init(id: "R-Audio", transportID: "X"))
            #expect(opened.forwardings[.video] == .init(id: "R-Video", transportID: "X"))
            #expect(
                ORTC.choose(from: opened.capabilities.mediaCodecs(.video), capabilities: opened.capabilities) != nil
            )
            #expect(await link.memberID == "M")
            #expect(await link.channelID == "C")
        }
        let names = await service.names
        #expect(Set(names.prefix(2)) == ["getServerUnixtime", "getChannelByName"])
        #expect(names.filter { $0 == Self.forwardings }.count == 2)
        #expect(names.suffix(3) == ["unpublishStream", "unpublishStream", "removeMember"])
        #expect(!names.contains("POST /v4/bots"))
        guard case .object(let parameters)? = await service.parameters("addMember") else { return }
        #expect(Self.isTwoMinutesAhead(parameters["ttlSec"]))
        #expect(await service.calls(Self.forwardings).map(\.parameters).map(Self.contentType) == ["Audio", "Video"])
    }

    private static func contentType(_ parameters: JSONValue) -> String {
        guard case .object(let members) = parameters, case .string(let type)? = members["contentType"] else {
            return ""
        }
        return type
    }

    @Test("a missing room is made when that is allowed, and a bot is made and waited for")
    func createsRoomAndBot() async throws {
        let service = try await service()
        await service.reply("getChannelByName", .failure(404))
        try await withLink(service, mayCreateChannel: true) { link in
            async let opened = link.open(Self.publications)
            await service.waitForCall("POST /v4/bots")
            await service.waitForCall("publishStream", count: 2)
            #expect(await !service.names.contains(Self.forwardings))
            try await service.notify(
                "MemberAdded",
                version: 2,
                ["member": ["id": "B", "type": "Bot", "subtype": "SFU"]]
            )
            _ = try await opened
        }
        #expect(await !service.names.contains("subscribeChannelEvents"))
    }

    @Test("a room that is not there is said so, and nothing is left")
    func channelNotFound() async throws {
        let service = try await service()
        await service.reply("getChannelByName", .failure(404))
        try await withLink(service) { link in
            await #expect(throws: SkyWayError(.channelNotFound, .rtcAPI)) {
                try await link.open(Self.publications)
            }
        }
        #expect(await !service.names.contains("addMember"))
    }

    @Test(
        "after a failure on the way nothing of ours remains",
        arguments: [
            ("publishStream", ScriptedSkyWay.Reply.failure(403, dataCode: 403_002), SkyWayError.Code.limitReached),
            (forwardings, .failure(403), .scopeMissing),
            (forwardings, .failure(429), .rateLimited),
            (forwardings, .result(["forwardingId": "R"]), .badResponse),
        ]
    )
    func unwinds(call: String, reply: ScriptedSkyWay.Reply, code: SkyWayError.Code) async throws {
        let service = ScriptedSkyWay(defaults: [
            "getServerUnixtime": ["unixtime": 1000], "getChannelByName": Self.room, "addMember": ["memberId": "M"],
            "publishStream": ["id": "P1"],
        ])
        await service.reply(call, reply)
        try await withLink(service) { link in
            await #expect(throws: SkyWayError(code, .sfu)) { try await link.open(Self.publications) }
        }
        #expect(await service.names.last == "removeMember")
    }

    @Test("a caller that gives up while the member is being added leaves no member")
    func cancelledWhileJoining() async throws {
        let service = try await service()
        await service.reply("addMember", .silence)
        try await withLink(service) { link in
            let opening = Task { try await link.open(Self.publications) }
            await service.waitForCall("addMember")
            opening.cancel()
            let id = try #require(await service.calls("addMember").first?.id)
            await service.send(#"{"jsonrpc":"2.0","id":"\#(id)","result":{"memberId":"M","version":5}}"#)
            await #expect(throws: (any Error).self) { try await opening.value }
        }
        #expect(await service.names.last == "removeMember")
    }

    @Test("viewers before and after are let in, also when the SFU hesitates")
    func confirms() async throws {
        let service = try await service()
        let confirm = "POST /v4/confirm-subscription"
        await service.reply(confirm, .failure(503), .result(["message": "IdentifierKey is invalid"]))
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            try await service.notify(
                "StreamSubscribed",
                version: 5,
                ["subscription": ["id": "S2", "publicationId": "R-Video", "subscriberId": "V"]]
            )
            var events = link.events.makeAsyncIterator()
            #expect(await events.next() == .subscriptionConfirmed(.video, subscriptionID: "S2"))
        }
        #expect(await service.calls(confirm).count == 3)
        #expect(
            await service.parameters(confirm)
                == ["forwardingId": "R-Video", "subscriptionId": "S2", "identifierKey": "K-Video"]
        )
    }

    @Test("the transport is connected once, and streams are declared")
    func connectsAndProduces() async throws {
        let service = try await service()
        let fingerprint = SFUDTLSParameters.Fingerprint(algorithm: "sha-256", value: "AB")
        try await withLink(service) { link in
            let opened = try await link.open(Self.publications)
            for _ in 0..<2 {
                #expect(try await link.connectTransport("X", fingerprint: fingerprint) == .confirmed)
            }
            let codec = try #require(opened.capabilities.mediaCodecs(.video).first)
            let stream = ORTC.Stream(codec: codec, mid: "1", ssrcs: [1], cname: "c")
            let options = try #require(ORTC.producer(for: stream, capabilities: opened.capabilities))
            #expect(try await link.produce(.video, options) == "P")
        }
        #expect(await service.calls("PUT /v4/transports/connections").count == 1)
    }

    /// Whether a time to live is two minutes after the scripted server's clock, or as much later as this machine was slow.
    private static func isTwoMinutesAhead(_ value: JSONValue?) -> Bool {
        guard case .integer(let seconds)? = value else { return false }
        return (1_790_000_120...1_790_000_150).contains(seconds)
    }

    @Test("the member's time is renewed by the server's clock")
    func renews() async throws {
        let service = try await service()
        try await withLink(service, configure: Self.renewOften) { link in
            _ = try await link.open(Self.publications)
            await service.waitForCall("updateMemberTtl", count: 2)
        }
        guard case .object(let parameters)? = await service.parameters("updateMemberTtl") else { return }
        #expect(parameters["memberId"] == "M")
        #expect(Self.isTwoMinutesAhead(parameters["ttlSec"]))
    }

    @Test("a member that the server does not know any more is told")
    func memberLost() async throws {
        let service = try await service()
        try await withLink(service, configure: Self.renewOften) { link in
            _ = try await link.open(Self.publications)
            await service.reply("updateMemberTtl", .failure(404))
            var events = link.events.makeAsyncIterator()
            #expect(await events.next() == .memberRemoved)
        }
        #expect(await !service.names.contains("removeMember"))
    }

    @Test("after a lost connection events are asked for from the last version on, and the time is renewed at once")
    func reconnects() async throws {
        let service = try await service()
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            try await service.notify("MemberAdded", version: 5, ["member": ["id": "V"]])
            try await service.notify(
                "StreamSubscribed",
                version: 6,
                ["subscription": ["id": "S", "publicationId": "R-Video"]]
            )
            var events = link.events.makeAsyncIterator()
            #expect(await events.next() == .subscriptionConfirmed(.video, subscriptionID: "S"))
            await service.dropConnection()
            #expect(await events.next() == .interrupted)
            #expect(await events.next() == .resumed)
        }
        guard case .object(let parameters)? = await service.parameters("subscribeChannelEvents") else { return }
        #expect(parameters["offset"] == 6)
        #expect(await service.names.contains("updateMemberTtl"))
    }

    @Test("a used-up plan ends the link with its reason")
    func usageLimit() async throws {
        let service = try await service()
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            await service.dropConnection(4291)
            var last: SkyWayLinkEvent?
            for await event in link.events { last = event }
            #expect(last == .ended(SkyWayError(.usageLimitReached, .rtcAPI)))
        }
    }

    @Test("stopping ends in time when the service says nothing more")
    func stopIsBounded() async throws {
        let service = try await service()
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            await service.reply("unpublishStream", .silence)
            let start = ContinuousClock.now
            await link.stop(limit: .milliseconds(100))
            #expect(ContinuousClock.now - start < .seconds(3))
        }
    }

    @Test("a link that was stopped before it ran ends at once")
    func stoppedBeforeRun() async throws {
        let request = SkyWayLinkRequest(channel: .name("a"), mayCreateChannel: false, memberName: "b")
        var configuration = SkyWayConfiguration(appID: "A", secret: Redacted("secret"))
        configuration.sfu = SkyWayHost("127.0.0.1:1", isSecure: false)
        let link = try await SkyWayLink.make(
            request,
            configuration: configuration,
            clients: .init(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        await link.stop()
        await link.run()
        await #expect(throws: SkyWayError.self) { try await link.connect() }
    }
}
