// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

/// A member of our name that is in the room already (protocol page §8.1, step 6).
@Suite("Members of a crashed run", .serialized, .timeLimit(.minutes(1)))
struct StaleMemberTests {
    private static let name = "camera-1"

    private static func run(_ test: @escaping @Sendable (WholePath) async throws -> Void) async throws {
        try await WholePath.run(configure: { $0.memberName = name }, test)
    }

    /// Leaves a member in the room whose time ends in two minutes, as a process does that is killed.
    ///
    /// - Parameter type: the type of what it publishes; nothing is published where it is `nil`.
    /// - Returns: the member's id.
    private static func leave(_ type: String?, on path: WholePath) async throws -> String {
        try await path.call("studio") { client in
            let room = try await client.findOrCreateChannel(name: "studio")
            let ttl = Int(try await client.getServerUnixtime()) + 120
            let member = try await client.addMember(channelID: room.id, name: name, ttl: ttl)
            guard let type else { return member }
            let parameters: [String: JSONValue?] = [
                "channelId": .string(room.id), "publisherId": .string(member), "contentType": "Video", "isEnabled": true,
                "type": .string(type),
            ]
            _ = try await client.call(.publishStream, parameters, returning: JSONValue.self)
            return member
        }
    }

    @Test("One that published by the SFU, or nothing, is replaced at once", arguments: ["sfu", nil])
    func replaced(type: String?) async throws {
        try await Self.run { path in
            let stale = try await Self.leave(type, on: path)
            let began = ContinuousClock.now
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            #expect(ContinuousClock.now - began < .seconds(5))
            let (_, records) = try await path.watch("studio")
            await records[.video]?.receives(20)
            let members = try await path.snapshot("studio").members.filter { $0.name == Self.name }
            #expect(members.count == 1 && members.first?.id != stale)
            #expect(try await publisher.delete() == 200)
        }
    }

    @Test("One that publishes to people without the SFU is somebody else, and stays")
    func foreign() async throws {
        try await Self.run { path in
            let other = try await Self.leave("p2p", on: path)
            let response = try await SteppedPublisher.ask(in: "studio", on: path)
            #expect(response.status == 409)
            #expect(response.body.contains("member-name-taken"))
            #expect(try await path.snapshot("studio").members.contains { $0.id == other })
        }
    }

    @Test("One that another broadcast of this process has stays, and so does the broadcast")
    func sibling() async throws {
        try await Self.run { path in
            let publisher = try await SteppedPublisher.start(in: "studio", bearer: "a", on: path)
            let (_, records) = try await path.watch("studio")
            let record = try #require(records[.video])
            await record.receives(20)
            let response = try await SteppedPublisher.ask(in: "studio", bearer: "b", on: path)
            #expect(response.status == 409)
            await record.receives(20)
            #expect(try await publisher.delete() == 200)
        }
    }
}
