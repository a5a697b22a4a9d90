// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §2.6, how events are delivered, and §§2.8, 2.9, what happens without a call.
@Suite(.timeLimit(.minutes(1))) struct EventDeliveryTests {
    @Test("§2.6 delivery: a call's own caller gets its events")
    func ownEvents() async throws {
        try await withStage(.channel) { stage in
            let member = try await stage.join("obs")
            #expect(try await stage.rpc.event("MemberAdded")["member"]?["id"]?.string == member)
        }
    }

    @Test("§2.6 delivery: createChannel and findOrCreateChannel subscribe, getChannel and getChannelByName do not")
    func implicitSubscription() async throws {
        try await withStage(.channel) { stage in
            try await stage.withClient { found in
                try await stage.call("findOrCreateChannel", #"{"name":"studio"}"#, by: found)
                try await stage.withClient { got in
                    try await stage.call("getChannel", #"{"id":"$C"}"#, by: got)
                    try await stage.call("getChannelByName", #"{"name":"studio"}"#, by: got)
                    _ = try await stage.join("obs")
                    #expect(try await stage.rpc.eventLog(1) == ["1 MemberAdded"])
                    #expect(try await found.eventLog(1) == ["1 MemberAdded"])
                    try await got.call("getServerUnixtime")
                    #expect(await got.events.isEmpty)
                }
            }
        }
    }

    @Test("§2.6 delivery: events are repeated from any offset on, that version included, then go on")
    func replay() async throws {
        try await withStage(.forwarded) { stage in
            let all = [
                "0 ChannelCreated", "1 MemberAdded", "2 MemberAdded", "3 StreamPublished", "4 StreamSubscribed",
                "5 StreamPublished",
            ]
            for offset in -1...7 {
                try await stage.withClient { client in
                    let params = #"{"channelId":"$C","offset":\#(offset)}"#
                    try await stage.call("subscribeChannelEvents", params, by: client)
                    let expected = Array(all.dropFirst(max(0, offset)))
                    #expect(try await client.eventLog(expected.count) == expected)
                    try await stage.call("updateChannelMetadata", #"{"id":"$C","metadata":"m"}"#, by: client)
                    let next = try await client.eventLog(1)
                    #expect(next.first?.hasSuffix(" ChannelMetadataUpdated") == true)
                }
            }
        }
    }

    @Test("§2.6 delivery: the versions of all that happens follow each other without a gap")
    func contiguous() async throws {
        try await withStage(.watched) { stage in
            try await stage.call("disablePublication", #"{"channelId":"$C","publicationId":"$P"}"#)
            try await stage.call("removeMember", #"{"channelId":"$C","id":"$M"}"#)
            try await stage.call("deleteChannel", #"{"id":"$C"}"#)
            #expect(
                try await stage.rpc.eventLog(10) == [
                    "8 PublicationDisabled", "9 PublicationDisabled", "10 StreamUnsubscribed",
                    "11 StreamUnpublished", "12 StreamUnsubscribed", "13 StreamUnpublished", "14 MemberRemoved",
                    "15 MemberRemoved", "16 MemberRemoved", "17 ChannelDeleted",
                ]
            )
        }
    }

    @Test("§2.6 cascade: subscriptions, relay, the bot's subscription, origin, and the member last")
    func cascade() async throws {
        try await withStage(.watched) { stage in
            try await stage.call("removeMember", #"{"channelId":"$C","id":"$M"}"#)
            let events = [
                ("StreamUnsubscribed", "subscription", "W"), ("StreamUnpublished", "publication", "R"),
                ("StreamUnsubscribed", "subscription", "S"), ("StreamUnpublished", "publication", "P"),
                ("MemberRemoved", "member", "M"),
            ]
            for (type, what, letter) in events {
                let message = try await stage.rpc.nextEvent()
                #expect(message["params"]?["type"]?.string == type)
                #expect(message["params"]?["data"]?[what]?["id"]?.string == stage.ids[letter])
            }
        }
    }

    @Test("§2.8 repetition: a request known by contextId and id is answered from memory, and its channel is heard of")
    func repetition() async throws {
        try await withStage(.connected) { stage in
            let id: JSONValue = "9f0c6a2e-64a0-4a2e-8f8e-6c8b1f0d2a11"
            let text = stage.rpc.request("createChannel", ["name": "studio"], id: id)
            let first = try await stage.withClient(query: "?contextId=page") { try await $0.send(text, id: id) }
            try await stage.withClient(query: "?contextId=page") { again in
                #expect(try await again.send(text, id: id) == first)
                // The SDK does not yet know of the channel when it tells the new socket which events it wants.
                #expect(try await again.eventLog(1) == ["0 ChannelCreated"])
                let channel = try #require(first["channel"]?["id"]?.string)
                _ = try await again.join(channel, name: "obs")
                #expect(try await again.eventLog(1) == ["1 MemberAdded"])
            }
            try await stage.withClient(query: "?contextId=another") { other in
                await #expect(throws: RPCClient.Refusal(code: 409, inner: 409_000)) {
                    try await other.send(text, id: id)
                }
            }
        }
    }

    @Test("§2.8 repetition: without contextId, as before SDK 2.4.5, ids that are UUIDs are known again, no others")
    func repetitionWithoutContext() async throws {
        try await withStage(.connected) { stage in
            let unique: JSONValue = "9f0c6a2e-64a0-4a2e-8f8e-6c8b1f0d2a11"
            let text = stage.rpc.request("createChannel", ["name": "studio"], id: unique)
            let first = try await stage.rpc.send(text, id: unique)
            #expect(try await stage.rpc.send(text, id: unique) == first)
            let counted: JSONValue = 100
            await #expect(throws: RPCClient.Refusal(code: 409, inner: 409_000)) {
                try await stage.rpc.send(
                    stage.rpc.request("createChannel", ["name": "studio"], id: counted),
                    id: counted
                )
            }
        }
    }

    @Test("§2.9 time to live: a member whose time has passed is removed with all it published, one renewed stays")
    func timeToLive() async throws {
        try await withStage(.watched) { stage in
            let renewed = stage.server.clock.seconds + 60
            let short = stage.server.clock.seconds + 30
            for (member, time) in [("$M", short), ("$V", short), ("$V", renewed)] {
                let params = #"{"channelId":"$C","memberId":"\#(member)","ttlSec":\#(time)}"#
                try await stage.call("updateMemberTtl", params)
            }
            let log = try await stage.server.clock.pass(atMost: 59) { try await stage.rpc.eventLog(5) }
            #expect(
                log == [
                    "8 StreamUnsubscribed", "9 StreamUnpublished", "10 StreamUnsubscribed", "11 StreamUnpublished",
                    "12 MemberRemoved",
                ]
            )
            let gone = #"{"channelId":"$C","memberId":"$M","ttlSec":\#(renewed)}"#
            #expect(try await stage.refusal("updateMemberTtl", gone) == .init(code: 404, inner: 404_001))
            let removed = try await stage.server.clock.pass { try await stage.rpc.event("MemberRemoved") }
            #expect(removed["member"]?["id"]?.string == stage.ids["V"])
        }
    }

    @Test("§2.9 time to live: members survive their socket unless it was opened with leaveWhenDisconnected")
    func leaving() async throws {
        try await withStage { stage in
            _ = try await stage.withClient(query: "?contextId=a") { try await stage.join("stays", by: $0) }
            let query = "?contextId=b&leaveWhenDisconnected=true"
            _ = try await stage.withClient(query: query) { try await stage.join("leaves", by: $0) }
            #expect(try await stage.rpc.event("MemberRemoved")["member"]?["name"] == "leaves")
            let channel = try await stage.call("getChannel", #"{"id":"$C"}"#)
            #expect(channel["channel"]?["members"]?.array?.map { $0["name"] } == ["stays"])
        }
    }
}
