// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §§2.5, 2.6.
@Suite struct ChannelTests {
    @Test("A channel begins with ChannelCreated at version 0")
    func beginning() {
        let channel = Channel(id: "C", appID: "A", name: "studio", metadata: nil)
        #expect(channel.version == 0)
        #expect(channel.history.map(\.change) == [.channelCreated])
    }

    @Test("Every event raises the version by one, whatever happens")
    func contiguousVersions() throws {
        var channel = try Channel.withRelay()
        try channel.subscribe("viewer", to: "relay", id: "s2")
        channel.updateMetadata("new")
        try channel.updateMetadata("new", ofMember: "viewer")
        try channel.updateMetadata("new", ofPublication: "origin")
        try channel.setEnabled(false, "origin")
        try channel.removeMember("publisher")
        channel.delete()
        #expect(channel.history.map(\.version) == Array(0..<channel.history.count))
        #expect(channel.version == channel.history.count - 1)
    }

    @Test("Events are repeated from an offset on, that version included", arguments: [0, 3, 6, 7, 100, -5])
    func replay(offset: Int) throws {
        let channel = try Channel.withRelay()
        #expect(
            channel.events(from: offset).map(\.version)
                == Array(max(0, offset)..<max(7, max(0, offset))).filter { $0 < 7 }
        )
    }

    @Test("A bot subscribes to the origin before its relay is published, and the relay takes the origin's type")
    func relayOrder() throws {
        let channel = try Channel.withRelay()
        #expect(channel.log.suffix(2) == ["StreamSubscribed s1", "StreamPublished relay"])
        let relay = try channel.publication("relay")
        #expect(relay.type == .sfu && relay.isEnabled && relay.originID == "origin" && relay.publisherID == "bot")
        #expect(channel.publications.map(\.id) == ["origin", "relay"])
    }

    @Test("Names are unique among members, and a name is free again when its member is gone")
    func uniqueNames() throws {
        var channel = try Channel.withRelay()
        #expect(throws: ChannelError.memberNameTaken) { try channel.add(NewMember(name: "obs"), id: "x") }
        try channel.removeMember("publisher")
        try channel.add(NewMember(name: "obs"), id: "x")
        try channel.add(NewMember(), id: "y")
        try channel.add(NewMember(), id: "z")
    }

    @Test("A refused operation leaves no trace")
    func refusals() throws {
        var channel = try Channel.withRelay()
        let before = channel.version
        #expect(throws: ChannelError.memberNotFound) { try channel.removeMember("nobody") }
        #expect(throws: ChannelError.publicationNotFound) { try channel.unpublish("nothing") }
        #expect(throws: ChannelError.subscriptionNotFound) { try channel.unsubscribe("nothing") }
        #expect(throws: ChannelError.alreadySubscribed) { try channel.subscribe("bot", to: "origin", id: "x") }
        #expect(throws: ChannelError.alreadySubscribed) {
            try channel.relay("origin", by: "bot", relayID: "x", subscriptionID: "y")
        }
        #expect(throws: ChannelError.nestedTooMuch) {
            try channel.relay("relay", by: "bot", relayID: "x", subscriptionID: "y")
        }
        #expect(throws: ChannelError.nestedTooMuch) {
            try channel.publish(NewPublication(publisherID: "viewer", contentType: .video, originID: "relay"), id: "x")
        }
        #expect(channel.version == before)
    }

    @Test("Metadata events carry the new value")
    func metadata() throws {
        var channel = try Channel.withRelay()
        let updated = try #require(channel.updateMetadata("room").first)
        #expect(updated.channelMetadata == "room" && updated.change == .channelMetadataUpdated)
        guard
            case .memberMetadataUpdated(let member) = try channel.updateMetadata("m", ofMember: "viewer").first?.change
        else {
            Issue.record("another event")
            return
        }
        #expect(member.metadata == "m")
    }

    @Test("Members whose time has come are removed, those without one stay")
    func timeToLive() throws {
        var channel = try Channel.withRelay()
        try channel.updateTimeToLive(of: "publisher", expiresAt: 100)
        #expect(channel.expireMembers(now: 99).isEmpty)
        try channel.updateTimeToLive(of: "publisher", expiresAt: 130)
        #expect(channel.expireMembers(now: 100).isEmpty)
        channel.expireMembers(now: 130)
        #expect(channel.members.map(\.id) == ["bot", "viewer"])
    }
}

extension Channel {
    /// A channel where a bot relays a person's video; version 6.
    static func withRelay() throws -> Channel {
        var channel = Channel(id: "C", appID: "A", name: "studio", metadata: nil)
        try channel.add(.sfuBot, id: "bot")
        try channel.add(NewMember(name: "obs"), id: "publisher")
        try channel.add(NewMember(name: "viewer"), id: "viewer")
        try channel.publish(
            NewPublication(publisherID: "publisher", contentType: .video, type: .sfu),
            id: "origin"
        )
        try channel.relay("origin", by: "bot", relayID: "relay", subscriptionID: "s1")
        return channel
    }

    /// The history in words.
    var log: [String] { history.map(\.change.words) }
}

extension ChannelEvent.Change {
    /// The event's name and the id it is about.
    var words: String {
        switch self {
        case .channelCreated, .channelDeleted, .channelMetadataUpdated: name
        case .memberAdded(let member), .memberRemoved(let member), .memberMetadataUpdated(let member):
            "\(name) \(member.id)"
        case .streamPublished(let publication), .streamUnpublished(let publication),
            .publicationMetadataUpdated(let publication), .publicationEnabled(let publication),
            .publicationDisabled(let publication):
            "\(name) \(publication.id)"
        case .streamSubscribed(let subscription, _), .streamUnsubscribed(let subscription, _):
            "\(name) \(subscription.id)"
        }
    }
}
