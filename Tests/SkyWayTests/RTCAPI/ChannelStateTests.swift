// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SkyWay

@Suite("Rooms and their events (protocol page §2.5, §2.6)")
struct ChannelStateTests {
    private struct Answer: Decodable {
        struct Result: Decodable {
            var channel: ChannelSnapshot
        }
        var result: Result
    }

    private struct Notification: Decodable {
        var params: ChannelEvent
    }

    private func snapshot() throws -> ChannelSnapshot {
        try Fixture.decode("channel", as: Answer.self).result.channel
    }

    private func events() throws -> [ChannelEvent] {
        try Fixture.decode("events", as: [Notification].self).map(\.params)
    }

    @Test("a room is read whatever the casing and further keys")
    func decodes() throws {
        let channel = ChannelState(try snapshot())
        #expect(channel.version == 4)
        #expect(channel.sfuBot?.id == "B")
        #expect(channel.member("V")?.type == "person")
        #expect(channel.publications["R0"]?.origin == "P0")
        #expect(channel.publications["P0"]?.origin == nil)
        #expect(channel.subscriptions(of: "P0").map(\.id) == ["S0"])
    }

    @Test("a room needs no more than its id")
    func sparse() throws {
        let channel = try JSONDecoder().decode(ChannelSnapshot.self, from: Data(#"{"id":"C"}"#.utf8))
        #expect(channel.members.isEmpty && channel.publications.isEmpty && channel.subscriptions.isEmpty)
    }

    @Test("the events of a broadcast lead from the room's start to its end")
    func applies() throws {
        var channel = ChannelState(try snapshot())
        var events = try events()
        #expect(events.map(\.version) == Array(5...19))
        func apply(_ count: Int) {
            for event in events.prefix(count) { channel.apply(event) }
            events.removeFirst(count)
        }
        apply(5)
        #expect(channel.member("M")?.name == "obs-gateway")
        #expect(channel.publications["RV"]?.origin == "PV")
        #expect(channel.subscriptions(of: "RV").map(\.id) == ["S2"])
        apply(3)
        #expect(channel.member("M")?.metadata == "m")
        #expect(channel.publications["PV"]?.metadata == "p")
        #expect(channel.publications["PV"]?.isEnabled == false)
        apply(3)
        #expect(channel.publications["PV"]?.isEnabled == true)
        #expect(channel.metadata == "c")
        #expect(channel.version == 15)
        apply(3)
        #expect(channel.member("M") == nil)
        #expect(channel.publications.keys.sorted() == ["P0", "R0"])
        apply(1)
        #expect(channel.isDeleted)
    }

    @Test("who leaves takes publications and subscriptions along")
    func cascade() throws {
        var channel = ChannelState(try snapshot())
        channel.apply(ChannelEvent(channelID: channel.id, version: 5, change: .memberRemoved(id: "V")))
        #expect(channel.publications.keys.sorted() == ["R0"])
        #expect(channel.subscriptions.isEmpty)
    }

    @Test("the changes to a newer room, applied, make that room")
    func changes() throws {
        let start = ChannelState(try snapshot())
        var target = try snapshot()
        target.version = 30
        target.metadata = "new"
        target.members.removeFirst()
        target.members.append(ChannelMember(id: "N", name: nil, type: "person", subtype: "person", metadata: nil))
        target.publications = [
            ChannelPublication(
                id: "PN",
                publisherID: "N",
                origin: nil,
                contentType: "audio",
                type: "sfu",
                metadata: nil,
                isEnabled: true
            )
        ]
        target.subscriptions = [ChannelSubscription(id: "SN", publicationID: "PN", subscriberID: "V")]
        var channel = start
        for change in start.changes(to: target) { channel.apply(change) }
        #expect(channel == ChannelState(target))
    }

    @Test("an event that lacks what it is about is refused")
    func malformed() {
        let text = #"{"type":"MemberAdded","data":{"channel":{"id":"C","version":1}}}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ChannelEvent.self, from: Data(text.utf8))
        }
    }
}
