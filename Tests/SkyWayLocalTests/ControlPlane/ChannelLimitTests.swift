// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §3.8.
@Suite struct ChannelLimitTests {
    private func limited(_ set: (inout ChannelLimits) -> Void) throws -> Channel {
        var limits = ChannelLimits()
        set(&limits)
        var channel = Channel(id: "C", appID: "A", name: nil, metadata: nil, limits: limits)
        try channel.add(NewMember(), id: "m")
        return channel
    }

    private func publish(_ channel: inout Channel, _ id: String) throws {
        try channel.publish(NewPublication(publisherID: "m", contentType: .audio), id: id)
    }

    @Test("A full channel takes no member")
    func members() throws {
        var channel = try limited { $0.members = 1 }
        #expect(throws: ChannelError.limitExceeded(.members)) { try channel.add(NewMember(), id: "x") }
    }

    @Test("Publications are limited in the channel and of each person, not of a bot")
    func publications() throws {
        var channel = try limited { $0.publications = 1 }
        try publish(&channel, "p1")
        #expect(throws: ChannelError.limitExceeded(.publications)) { try publish(&channel, "p2") }

        channel = try limited { $0.publicationsOfMember = 1 }
        try publish(&channel, "p1")
        #expect(throws: ChannelError.limitExceeded(.publicationsOfMember)) { try publish(&channel, "p2") }
        try channel.add(.sfuBot, id: "bot")
        try channel.add(NewMember(), id: "n")
        try channel.publish(NewPublication(publisherID: "n", contentType: .audio), id: "p2")
        try channel.relay("p1", by: "bot", relayID: "r1", subscriptionID: "s1")
        try channel.relay("p2", by: "bot", relayID: "r2", subscriptionID: "s2")
    }

    @Test("A relay that finds no place leaves no subscription of its bot behind")
    func relayWithoutPlace() throws {
        var channel = try limited { $0.publications = 1 }
        try publish(&channel, "p1")
        try channel.add(.sfuBot, id: "bot")
        #expect(throws: ChannelError.limitExceeded(.publications)) {
            try channel.relay("p1", by: "bot", relayID: "r1", subscriptionID: "s1")
        }
        #expect(channel.subscriptions.isEmpty)
    }

    @Test(
        "Subscriptions are limited in the channel and of each person",
        arguments: [ChannelLimits.Kind.subscriptions, .subscriptionsOfMember]
    )
    func subscriptions(kind: ChannelLimits.Kind) throws {
        var channel = try limited { limits in
            if kind == .subscriptions { limits.subscriptions = 1 } else { limits.subscriptionsOfMember = 1 }
        }
        try publish(&channel, "p1")
        try publish(&channel, "p2")
        try channel.subscribe("m", to: "p1", id: "s1")
        #expect(throws: ChannelError.limitExceeded(kind)) { try channel.subscribe("m", to: "p2", id: "s2") }
    }

    @Test("A publication has only so many subscribers")
    func subscribers() throws {
        var channel = try limited { $0.subscriptionsToPublication = 1 }
        try publish(&channel, "p1")
        try channel.add(NewMember(), id: "n")
        try channel.subscribe("m", to: "p1", id: "s1")
        #expect(throws: ChannelError.limitExceeded(.subscriptionsToPublication)) {
            try channel.subscribe("n", to: "p1", id: "s2")
        }
    }
}
