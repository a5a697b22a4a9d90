// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import SkyWay

/// What is missing in the room, and what comes next: the second table of docs/recovery.md.
@Suite("What a link makes next")
struct MissingStepTests {
    typealias Machine = SkyWayLinkStateMachine
    typealias Change = ChannelEvent.Change

    private static let wanted = [MediaKind.audio, .video]

    private static func member(_ id: String, _ name: String? = "camera", type: String = "person") -> ChannelMember {
        ChannelMember(id: id, name: name, type: type, subtype: type == "bot" ? "sfu" : "person", metadata: nil)
    }

    private static func publication(
        _ id: String,
        by publisher: String,
        _ kind: String = "video",
        origin: String? = nil,
        type: String = "sfu"
    ) -> ChannelPublication {
        ChannelPublication(
            id: id,
            publisherID: publisher,
            origin: origin,
            contentType: kind,
            type: type,
            metadata: nil,
            isEnabled: true
        )
    }

    private static func snapshot(
        _ version: Int,
        members: [ChannelMember] = [member("B", nil, type: "bot")],
        publications: [ChannelPublication] = []
    ) -> ChannelSnapshot {
        ChannelSnapshot(
            id: "C",
            name: "studio",
            metadata: nil,
            version: version,
            members: members,
            publications: publications,
            subscriptions: []
        )
    }

    /// A link with everything: member M publishes PA and PV, which bot B relays as RA and RV by transport T, at version 4.
    private static func whole() -> Machine {
        var machine = Machine(memberName: "camera")
        let relays = [publication("RA", by: "B", "audio", origin: "PA"), publication("RV", by: "B", origin: "PV")]
        let origins = [publication("PA", by: "M", "audio"), publication("PV", by: "M")]
        _ = machine.received(
            snapshot(4, members: [member("B", nil, type: "bot"), member("M")], publications: origins + relays)
        )
        machine.botChosen("B")
        machine.joined(memberID: "M")
        for (kind, name) in [(MediaKind.audio, "A"), (.video, "V")] {
            machine.published(kind, id: "P" + name)
            _ = machine.forwarded(
                kind,
                SFUForwarding(
                    forwardingId: "R" + name,
                    broadcasterTransportId: "T",
                    identifierKey: "K",
                    rtpCapabilities: nil,
                    broadcasterTransportOptions: nil
                )
            )
        }
        return machine
    }

    private static func changed(_ changes: Change...) -> Machine {
        var machine = whole()
        for (index, change) in changes.enumerated() {
            _ = machine.received(ChannelEvent(channelID: "C", version: 5 + index, change: change))
        }
        return machine
    }

    private static func made(_ change: (inout Machine) -> Void) -> Machine {
        var machine = whole()
        change(&machine)
        return machine
    }

    static let rows: [(Machine, Machine.Step)] = [
        (Machine(), .findChannel),
        (whole(), .nothing),
        (changed(.channelDeleted), .findChannel),
        (made { _ = $0.channelLost() }, .findChannel),
        (made { $0.forgetChannel() }, .findChannel),
        (made { $0.doubt() }, .readChannel),
        (changed(.memberRemoved(id: "B")), .chooseBot),
        (changed(.memberRemoved(id: "M")), .join),
        (changed(.memberRemoved(id: "B"), .memberRemoved(id: "M")), .chooseBot),
        (changed(.memberRemoved(id: "V")), .nothing),
        (made { _ = $0.memberLost() }, .join),
        (changed(.streamUnpublished(id: "PV")), .publish([.video])),
        (changed(.streamUnpublished(id: "PA"), .streamUnpublished(id: "PV")), .publish([.audio, .video])),
        (changed(.streamUnpublished(id: "RV")), .forward(.video)),
        (changed(.streamUnpublished(id: "RV"), .streamUnpublished(id: "RA")), .forward(.audio)),
        (made { _ = $0.unpublished(.video) }, .withdraw(["PV"])),
        (made { _ = $0.giveUp(.missing, transports: []) }, .nothing),
        (made { _ = $0.giveUp(.missing, transports: ["T"]) }, .forward(.audio)),
        (made { _ = $0.giveUp(.missing, transports: ["other"]) }, .nothing),
        (made { _ = $0.giveUp(.forwardings, transports: []) }, .forward(.audio)),
        (made { _ = $0.giveUp(.publications, transports: []) }, .withdraw(["PA", "PV"])),
        (made { _ = $0.giveUp(.member, transports: []) }, .join),
    ]

    @Test("The first thing that is missing is made next", arguments: 0..<rows.count)
    func nextStep(row: Int) {
        let (machine, step) = Self.rows[row]
        #expect(machine.nextStep(towards: Self.wanted) == step)
    }

    @Test("What is given up is taken back at SkyWay, as little as is enough, and its end is no news")
    func givesUp() {
        let expected: [(RecoveryDepth, Set<String>, Machine.GivenUp)] = [
            (.missing, [], .init(botID: "B")),
            (.missing, ["T"], .init(botID: "B", forwardingIDs: ["RA", "RV"])),
            (.forwardings, [], .init(botID: "B", forwardingIDs: ["RA", "RV"])),
            (.publications, [], .init(botID: "B", publicationIDs: ["PA", "PV"])),
            (.member, [], .init(botID: "B", memberID: "M")),
        ]
        for (depth, transports, given) in expected {
            var machine = Self.whole()
            let isGiven = machine.giveUp(depth, transports: transports) == given
            #expect(isGiven, "\(depth)")
            guard depth > .missing || !transports.isEmpty else { continue }
            var events: [SkyWayLinkEvent] = []
            for (index, id) in ["RA", "RV"].enumerated() {
                let event = ChannelEvent(channelID: "C", version: 5 + index, change: .streamUnpublished(id: id))
                events += machine.received(event).events
            }
            #expect(events.isEmpty)
        }
    }

    // MARK: Lost answers

    @Test("A member and publications of calls whose answers were lost are found in the room")
    func adopts() {
        var machine = Machine(memberName: "camera")
        _ = machine.received(Self.snapshot(1))
        machine.botChosen("B")
        machine.isJoinUnsure = true
        machine.unsurePublications = [.video]
        machine.doubt()
        let members = [Self.member("B", nil, type: "bot"), Self.member("M")]
        _ = machine.received(Self.snapshot(3, members: members, publications: [Self.publication("PV", by: "M")]))
        #expect(machine.memberID == "M" && machine.publicationID(.video) == "PV")
        #expect(machine.nextStep(towards: [.video]) == .forward(.video))
    }

    @Test("A publication that was found has the layers that the room tells of")
    func adoptsLayers() {
        var machine = Machine(memberName: "camera")
        _ = machine.received(Self.snapshot(1))
        machine.botChosen("B")
        machine.joined(memberID: "M")
        machine.unsurePublications = [.video]
        var published = Self.publication("PV", by: "M")
        published.encodings = ["low", "high"]
        let members = [Self.member("B", nil, type: "bot"), Self.member("M")]
        _ = machine.received(Self.snapshot(3, members: members, publications: [published]))
        let layered = SkyWayPublication(.video, mimeType: "video/vp8", encodings: ["low", "high"])
        #expect(machine.publicationID(.video) == "PV")
        #expect(machine.publishedOtherwise(than: [layered]).isEmpty)
        let plain = SkyWayPublication(.video, mimeType: "video/vp8")
        #expect(machine.publishedOtherwise(than: [plain, SkyWayPublication(.audio, mimeType: "")]) == [.video])
    }

    @Test("Nobody is taken for us who was not asked for, and no former member")
    func adoptsNobodyElse() {
        let members = [Self.member("B", nil, type: "bot"), Self.member("M")]
        var machine = Machine(memberName: "camera")
        _ = machine.received(Self.snapshot(1, members: members))
        #expect(machine.memberID == nil)
        var former = Self.whole()
        _ = former.giveUp(.member, transports: [])
        former.isJoinUnsure = true
        _ = former.received(Self.snapshot(5, members: members))
        #expect(former.memberID == nil)
        #expect(former.nextStep(towards: Self.wanted) == .join)
    }

    // MARK: Names

    private static func staleMember(
        _ published: [ChannelPublication] = [],
        isNamed: Bool = true,
        besides others: Set<String> = [],
        after former: String? = nil
    ) -> String? {
        var machine = Machine(memberName: "camera")
        if let former { machine.joined(memberID: former) }
        machine.memberID = nil
        _ = machine.received(Self.snapshot(1, members: [member("M")], publications: published))
        return machine.staleMember(isNamed: isNamed, besides: others)
    }

    @Test("A member of our name may go where the token is for that name alone and it is nobody else's")
    func stale() {
        #expect(Self.staleMember() == "M")
        #expect(Self.staleMember([Self.publication("P", by: "M")]) == "M")
        #expect(Self.staleMember(isNamed: false) == nil)
        #expect(Self.staleMember(besides: ["M"]) == nil)
        #expect(Self.staleMember([Self.publication("P", by: "M", type: "p2p")]) == nil)
        #expect(Self.staleMember([Self.publication("P", by: "N", type: "p2p")]) == "M")
    }

    @Test("Whoever was in the room before takes back its own former members only")
    func former() {
        #expect(Self.staleMember(after: "L") == nil)
        #expect(Self.staleMember(isNamed: false, after: "M") == "M")
    }

    @Test("Viewers that could not be let in are let in once the connection is back")
    func confirmAll() {
        var machine = Self.whole()
        let subscription = ChannelSubscription(id: "S", publicationID: "RV", subscriberID: "V")
        let first = machine.received(ChannelEvent(channelID: "C", version: 5, change: .streamSubscribed(subscription)))
        #expect(first.confirmations.count == 1)
        #expect(machine.confirmAll().confirmations.isEmpty)
        machine.notConfirmed(first.confirmations[0])
        #expect(machine.confirmAll().confirmations == first.confirmations)
    }
}
