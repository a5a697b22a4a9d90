// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// The order in which things end with each other (protocol page §§2.6, 3.7).
@Suite struct ChannelCascadeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let action: @Sendable (inout Channel) throws -> [ChannelEvent]
        let expected: [String]
    }

    @Test(
        "Subscriptions end before their publication, relays before their origin, a member last",
        arguments: [
            Row(
                testDescription: "the origin is unpublished",
                action: { try $0.unpublish("origin") },
                expected: [
                    "StreamUnsubscribed s2", "StreamUnpublished relay", "StreamUnsubscribed s1",
                    "StreamUnpublished origin",
                ]
            ),
            Row(
                testDescription: "the relay is unpublished",
                action: { try $0.unpublish("relay") },
                expected: ["StreamUnsubscribed s2", "StreamUnpublished relay", "StreamUnsubscribed s1"]
            ),
            Row(
                testDescription: "the publisher leaves",
                action: { try $0.removeMember("publisher") },
                expected: [
                    "StreamUnsubscribed s2", "StreamUnpublished relay", "StreamUnsubscribed s1",
                    "StreamUnpublished origin", "MemberRemoved publisher",
                ]
            ),
            Row(
                testDescription: "the bot leaves",
                action: { try $0.removeMember("bot") },
                expected: [
                    "StreamUnsubscribed s2", "StreamUnpublished relay", "StreamUnsubscribed s1", "MemberRemoved bot",
                ]
            ),
            Row(
                testDescription: "the viewer leaves",
                action: { try $0.removeMember("viewer") },
                expected: ["StreamUnsubscribed s2", "MemberRemoved viewer"]
            ),
            Row(
                testDescription: "the viewer unsubscribes",
                action: { try $0.unsubscribe("s2") },
                expected: ["StreamUnsubscribed s2"]
            ),
            Row(
                testDescription: "the origin is disabled",
                action: { try $0.setEnabled(false, "origin") },
                expected: ["PublicationDisabled origin", "PublicationDisabled relay"]
            ),
            Row(
                testDescription: "the origin is enabled though it was",
                action: { try $0.setEnabled(true, "origin") },
                expected: ["PublicationEnabled origin", "PublicationEnabled relay"]
            ),
            Row(
                testDescription: "the channel is deleted",
                action: { $0.delete() },
                expected: [
                    "StreamUnsubscribed s2", "StreamUnpublished relay", "StreamUnsubscribed s1",
                    "StreamUnpublished origin", "MemberRemoved publisher", "MemberRemoved viewer",
                    "MemberRemoved bot", "ChannelDeleted",
                ]
            ),
        ]
    )
    func cascades(row: Row) throws {
        var channel = try Channel.withRelay()
        try channel.subscribe("viewer", to: "relay", id: "s2")
        let start = channel.history.count
        let events = try row.action(&channel)
        #expect(events.map(\.change.words) == row.expected)
        #expect(Array(channel.history[start...]) == events)
    }

    @Test(
        "Whatever ends, no subscription and no relay is left without what it stands on",
        arguments: [
            "origin", "relay", "publisher", "bot", "viewer",
        ]
    )
    func noOrphans(ended: String) throws {
        var channel = try Channel.withRelay()
        try channel.subscribe("viewer", to: "relay", id: "s2")
        if channel.members.contains(where: { $0.id == ended }) {
            try channel.removeMember(ended)
        } else {
            try channel.unpublish(ended)
        }
        let members = Set(channel.members.map(\.id))
        let publications = Set(channel.publications.map(\.id))
        #expect(channel.publications.allSatisfy { members.contains($0.publisherID) })
        #expect(channel.publications.compactMap(\.originID).allSatisfy { publications.contains($0) })
        #expect(
            channel.subscriptions.allSatisfy {
                publications.contains($0.publicationID) && members.contains($0.subscriberID)
            }
        )
    }
}
