// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import SkyWay

@Suite("State machine of a link")
struct SkyWayLinkStateMachineTests {
    private static let bot = ChannelMember(id: "B", name: nil, type: "bot", subtype: "sfu", metadata: nil)

    private static func snapshot(
        version: Int = 4,
        members: [ChannelMember] = [bot],
        subscriptions: [ChannelSubscription] = []
    ) -> ChannelSnapshot {
        ChannelSnapshot(
            id: "C",
            name: "studio-1",
            metadata: nil,
            version: version,
            members: members,
            publications: [],
            subscriptions: subscriptions
        )
    }

    private static func event(_ version: Int, _ change: ChannelEvent.Change) -> ChannelEvent {
        ChannelEvent(channelID: "C", version: version, change: change)
    }

    private static func publication(_ id: String, by publisher: String, origin: String? = nil) -> ChannelPublication {
        ChannelPublication(
            id: id,
            publisherID: publisher,
            origin: origin,
            contentType: "video",
            type: "sfu",
            metadata: nil,
            isEnabled: true
        )
    }

    private static func forwarding(_ id: String, key: String) throws -> SFUForwarding {
        var forwarding: SFUForwarding = try Fixture.decode("forwarding-second")
        forwarding.forwardingId = id
        forwarding.identifierKey = key
        return forwarding
    }

    /// A link that is live: member M publishes PV through bot B, relayed as RV, at version 8.
    private func live() throws -> SkyWayLinkStateMachine {
        var machine = SkyWayLinkStateMachine()
        _ = machine.received(Self.snapshot())
        machine.botChosen("B")
        machine.joined(memberID: "M")
        machine.published(.video, id: "PV")
        let member = ChannelMember(id: "M", name: "obs", type: "person", subtype: "person", metadata: nil)
        _ = machine.received(Self.event(5, .memberAdded(member)))
        _ = machine.received(Self.event(6, .streamPublished(Self.publication("PV", by: "M"))))
        _ = machine.forwarded(.video, try Self.forwarding("RV", key: "K"))
        _ = machine.received(
            Self.event(7, .streamSubscribed(.init(id: "S1", publicationID: "PV", subscriberID: "B")))
        )
        let effects = machine.received(
            Self.event(8, .streamPublished(Self.publication("RV", by: "B", origin: "PV")))
        )
        #expect(effects.events == [.relayPublished(.video)])
        return machine
    }

    private let viewer = ChannelSubscription(id: "S2", publicationID: "RV", subscriberID: "V")

    @Test("a viewer's subscription to the relay is confirmed once, with the key of its forwarding")
    func confirmation() throws {
        var machine = try live()
        let effects = machine.received(Self.event(9, .streamSubscribed(viewer)))
        let expected = SkyWayLinkStateMachine.Confirmation(
            kind: .video,
            subscriptionID: "S2",
            forwardingID: "RV",
            identifierKey: "K"
        )
        #expect(effects.confirmations == [expected])
        #expect(machine.isWanted(expected))
        #expect(machine.received(Self.event(10, .streamSubscribed(viewer))).confirmations.isEmpty)
        _ = machine.received(Self.event(11, .streamUnsubscribed(id: "S2")))
        #expect(!machine.isWanted(expected))
    }

    @Test(
        "a viewer that goes is told, however it goes, and once",
        arguments: [
            .streamUnsubscribed(id: "S2"), .memberRemoved(id: "V"), .streamUnpublished(id: "RV"),
        ] as [ChannelEvent.Change]
    )
    func viewerGone(change: ChannelEvent.Change) throws {
        var machine = try live()
        _ = machine.received(Self.event(9, .streamSubscribed(viewer)))
        let events = machine.received(Self.event(10, change)).events
        #expect(events.filter { $0 != .relayRemoved(.video) } == [.subscriptionEnded(subscriptionID: "S2")])
        #expect(machine.received(Self.event(11, .streamUnsubscribed(id: "S2"))).events.isEmpty)
    }

    @Test("subscriptions to the origin, and to the relays of others, are not ours to confirm")
    func notOurs() throws {
        var machine = try live()
        for (version, publication) in [(9, "PV"), (10, "R0")] {
            let subscription = ChannelSubscription(id: "S\(version)", publicationID: publication, subscriberID: "V")
            #expect(machine.received(Self.event(version, .streamSubscribed(subscription))).confirmations.isEmpty)
        }
    }

    @Test("who subscribed before the SFU answered us is confirmed with the answer")
    func earlySubscriber() throws {
        var machine = SkyWayLinkStateMachine()
        _ = machine.received(Self.snapshot())
        machine.published(.video, id: "PV")
        _ = machine.received(Self.event(5, .streamPublished(Self.publication("RV", by: "B", origin: "PV"))))
        #expect(machine.received(Self.event(6, .streamSubscribed(viewer))).confirmations.isEmpty)
        let effects = machine.forwarded(.video, try Self.forwarding("RV", key: "K"))
        #expect(effects.confirmations.map(\.subscriptionID) == ["S2"])
        #expect(effects.events == [.relayPublished(.video)])
    }

    @Test("each relay has its own key")
    func keys() throws {
        var machine = try live()
        machine.published(.audio, id: "PA")
        _ = machine.forwarded(.audio, try Self.forwarding("RA", key: "KA"))
        let subscription = ChannelSubscription(id: "S3", publicationID: "RA", subscriberID: "V")
        let effects = machine.received(Self.event(9, .streamSubscribed(subscription)))
        #expect(effects.confirmations.map(\.identifierKey) == ["KA"])
        #expect(effects.confirmations.map(\.kind) == [.audio])
    }

    @Test("what is withdrawn by us is no loss, and what is published in its place is found anew")
    func withdrawn() throws {
        var machine = try live()
        let id = machine.unpublished(.video)
        #expect(id == "PV")
        #expect(machine.unpublished(.video) == nil)
        #expect(machine.received(Self.event(9, .streamUnpublished(id: "RV"))).events.isEmpty)
        #expect(machine.received(Self.event(10, .streamUnpublished(id: "PV"))).events.isEmpty)
        #expect(machine.forwarding(.video) == nil)
    }

    @Test(
        "losses are told as what they are",
        arguments: [
            (ChannelEvent.Change.memberRemoved(id: "M"), [SkyWayLinkEvent.memberRemoved]),
            (.memberRemoved(id: "B"), [.botRemoved]),
            (.memberRemoved(id: "V"), []),
            (.streamUnpublished(id: "RV"), [.relayRemoved(.video)]),
            (.streamUnpublished(id: "PV"), [.publicationRemoved(.video)]),
            (.streamUnpublished(id: "P0"), []),
            (.channelDeleted, [.channelDeleted]),
        ]
    )
    func losses(change: ChannelEvent.Change, expected: [SkyWayLinkEvent]) throws {
        var machine = try live()
        #expect(machine.received(Self.event(9, change)).events == expected)
    }

    @Test("a lost member leaves nothing to remove, a live one its publications and itself")
    func remains() throws {
        var machine = try live()
        #expect(machine.remains == .init(publicationIDs: ["PV"], memberID: "M"))
        _ = machine.received(Self.event(9, .memberRemoved(id: "M")))
        #expect(machine.remains == .init(publicationIDs: [], memberID: nil))
    }

    @Test("while leaving, what goes is no news")
    func leaving() throws {
        var machine = try live()
        let isFirst = machine.leave()
        let isSecond = machine.leave()
        #expect(isFirst && !isSecond)
        #expect(machine.received(Self.event(9, .streamUnpublished(id: "PV"))).events.isEmpty)
        #expect(machine.received(Self.event(10, .memberRemoved(id: "M"))).events.isEmpty)
        #expect(machine.received(Self.event(11, .streamSubscribed(viewer))).confirmations.isEmpty)
    }

    @Test("a room that is read again tells what was missed")
    func refetch() throws {
        var machine = try live()
        let gap = try #require(machine.received(Self.event(11, .other("X"))).gap)
        #expect(machine.gapTimeout(gap) == .resubscribe(offset: 9))
        #expect(machine.gapTimeout(gap) == .refetch)
        let effects = machine.received(Self.snapshot(version: 20))
        #expect(effects.events.contains(.memberRemoved))
        #expect(machine.lastVersion == 20)
    }

    @Test("an older room than the known one changes nothing")
    func olderSnapshot() throws {
        var machine = try live()
        #expect(machine.received(Self.snapshot(version: 3)).events.isEmpty)
        #expect(machine.lastVersion == 8)
    }

    @Test("events of other rooms do not count")
    func otherRoom() throws {
        var machine = try live()
        let event = ChannelEvent(channelID: "other", version: 9, change: .channelDeleted)
        #expect(machine.received(event).events.isEmpty)
        #expect(machine.lastVersion == 8)
    }
}
