// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import Testing

@testable import SkyWay

@Suite("The metadata of a link against a scripted SkyWay (protocol page §2.3, §6.3)", .timeLimit(.minutes(1)))
struct LinkMetadataTests {
    private static let room: JSONValue = [
        "channel": [
            "id": "C", "name": "studio-1", "version": 4, "publications": [], "subscriptions": [],
            "members": [["id": "B", "type": "Bot", "subtype": "sfu"]],
        ]
    ]
    private static let publications = [SkyWayPublication(.video, mimeType: "video/h264")]

    private func service() async throws -> ScriptedSkyWay {
        let time = JSONValue.integer(Int64(Date().timeIntervalSince1970 * 1000))
        let service = ScriptedSkyWay(defaults: [
            "getServerUnixtime": ["unixtime": time], "getChannelByName": Self.room, "findOrCreateChannel": Self.room,
            "addMember": ["memberId": "M"], "publishStream": ["id": "P"],
        ])
        await service.reply(
            "POST /v4/bots/B/forwardings",
            .result(try Fixture.decode("forwarding-first")),
            .result(try Fixture.decode("forwarding-second"))
        )
        return service
    }

    private func withLink(
        _ service: ScriptedSkyWay,
        tokens: TokenSource = .secret(appID: "A", Redacted("secret")),
        version: TokenVersion = .three,
        mayCreateChannel: Bool = false,
        updates: Set<MetadataSubject> = [],
        body: @escaping @Sendable (SkyWayLink) async throws -> Void
    ) async throws {
        try await service.run { host in
            var configuration = SkyWayConfiguration(tokens: tokens)
            configuration.tokenVersion = version
            configuration.rtcAPI = host
            configuration.sfu = host
            let request = SkyWayLinkRequest(
                channel: .name("studio-1"),
                mayCreateChannel: mayCreateChannel,
                memberName: "obs",
                updates: updates,
                metadata: { $0 == .audio ? "" : "\($0.rawValue) text" }
            )
            try await request.runLink(configuration, while: body)
        }
    }

    private static func member(_ name: String, of parameters: JSONValue?) -> JSONValue? {
        guard case .object(let members)? = parameters else { return nil }
        return members[name]
    }

    /// The parameters of a call without those that every call has.
    private static func parameters(_ call: String, _ service: ScriptedSkyWay) async -> JSONValue? {
        guard case .object(var members)? = await service.parameters(call) else { return nil }
        members["appId"] = nil
        members["authToken"] = nil
        return .object(members)
    }

    @Test("room, member and publications come with their texts; an empty one is left out")
    func joining() async throws {
        let service = try await service()
        await service.reply("getChannelByName", .failure(404))
        try await withLink(service, mayCreateChannel: true) { link in
            _ = try await link.open(Self.publications + [SkyWayPublication(.audio, mimeType: "audio/opus")])
        }
        #expect(Self.member("metadata", of: await service.parameters("findOrCreateChannel")) == "channel text")
        #expect(Self.member("metadata", of: await service.parameters("addMember")) == "member text")
        let published = await service.calls("publishStream").map { call in
            [Self.member("contentType", of: call.parameters), Self.member("metadata", of: call.parameters)]
        }
        #expect(published.contains(["Video", "video text"]) && published.contains(["Audio", nil]))
    }

    @Test("each change has the parameters of its method", arguments: TokenVersion.allCases)
    func changes(version: TokenVersion) async throws {
        let service = try await service()
        try await withLink(service, version: version, updates: [.channel, .member, .video]) { link in
            _ = try await link.open(Self.publications)
            for subject in [MetadataSubject.channel, .member, .video] {
                try await link.updateMetadata(of: subject, to: "new \(subject.rawValue)")
            }
        }
        #expect(
            await Self.parameters("updateChannelMetadata", service) == ["id": "C", "metadata": "new channel"]
        )
        #expect(
            await Self.parameters("updateMemberMetadata", service)
                == ["channelId": "C", "memberId": "M", "metadata": "new member"]
        )
        #expect(
            await Self.parameters("updatePublicationMetadata", service)
                == ["channelId": "C", "publicationId": "P", "metadata": "new video"]
        )
        // The first token did for all of it.
        #expect(await service.calls("updateAuthToken").isEmpty)
    }

    @Test("what comes back of ours is read, and what others do is a change")
    func events() async throws {
        let service = try await service()
        try await withLink(service, updates: [.member]) { link in
            _ = try await link.open(Self.publications)
            func tell(_ version: Int, _ type: String, _ metadata: String) async throws {
                let member: JSONValue = [
                    "id": "M", "name": "obs", "type": "Person", "subtype": "Person", "metadata": .string(metadata),
                ]
                try await service.notify(type, version: version, ["member": member])
            }
            try await tell(5, "MemberAdded", "member text")
            try await link.updateMetadata(of: .member, to: "ours")
            try await tell(6, "MemberMetadataUpdated", "ours")
            try await tell(7, "MemberMetadataUpdated", "theirs")
            var told: [SkyWayLinkEvent] = []
            for await event in link.events {
                switch event {
                case .metadataRead(.member, _), .metadataChanged(.member, _): told.append(event)
                default: continue
                }
                if told.count == 3 { break }
            }
            #expect(
                told == [
                    .metadataRead(.member, "member text"), .metadataRead(.member, "ours"),
                    .metadataChanged(.member, "theirs"),
                ]
            )
        }
    }

    @Test(
        "a token that does not allow a change is replaced by one that does, once it is needed",
        arguments: TokenVersion.allCases
    )
    func onDemand(version: TokenVersion) async throws {
        let service = try await service()
        try await withLink(service, version: version) { link in
            _ = try await link.open(Self.publications)
            let first = try AuthToken(decoding: try #require(await service.tokens.first))
            let purpose = TokenMinter.Purpose(channel: .name("studio-1"), memberName: "obs")
            #expect(MetadataSubject.allCases.allSatisfy { !first.allowsUpdates(of: $0, for: purpose) })
            try await link.updateMetadata(of: .member, to: "new")
            let carried = Self.member("authToken", of: await service.parameters("updateMemberMetadata"))
            guard case .string(let text)? = carried else {
                Issue.record("no token")
                return
            }
            let second = try AuthToken(decoding: text)
            #expect(second.allowsUpdates(of: .member, for: purpose))
            #expect(!second.allowsUpdates(of: .channel, for: purpose))
            // The next change needs no other one.
            try await link.updateMetadata(of: .member, to: "newer")
        }
        #expect(await service.calls("updateAuthToken").count == 1)
        #expect(await service.names.contains("updateMemberMetadata"))
    }

    @Test("with a fixed token that does not allow it the change is refused in a sentence, and the link goes on")
    func fixed() async throws {
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
        let token = try await minter.mint(
            for: .init(channel: .name("studio-1"), memberName: "obs"),
            lifetime: .seconds(600)
        )
        let service = try await service()
        try await withLink(service, tokens: .fixed(token), updates: [.member]) { link in
            _ = try await link.open(Self.publications)
            let error = await #expect(throws: SkyWayError.self) {
                try await link.updateMetadata(of: .member, to: "new")
            }
            #expect(error?.code == .scopeMissing && error?.advice.contains("metadata of the member") == true)
            #expect(await link.memberID == "M")
        }
        #expect(await !service.names.contains("updateMemberMetadata"))
    }

    @Test("what is not in the room can't be changed")
    func absent() async throws {
        let service = try await service()
        try await withLink(service, updates: [.audio, .member]) { link in
            try await link.connect()
            await #expect(throws: SkyWayError(.memberNotFound, .gateway)) {
                try await link.updateMetadata(of: .member, to: "new")
            }
            await #expect(throws: SkyWayError(.publicationNotFound, .gateway)) {
                try await link.updateMetadata(of: .audio, to: "new")
            }
        }
    }
}
