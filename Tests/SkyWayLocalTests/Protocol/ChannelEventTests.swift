// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §2.6: one test for each event, and for each rule of their delivery.
@Suite(.timeLimit(.minutes(1))) struct ChannelEventTests {
    private static let origin = """
        {"id":"$P","publisherId":"$M","contentType":"Video","codecCapabilities":[{"mimeType":"video/h264"}],
         "encodings":[{"id":"low"},{"id":"high"}],"isEnabled":true,"type":"sfu"}
        """
    private static let relay = """
        {"id":"$R","publisherId":"$B","origin":"$P","contentType":"Video","codecCapabilities":[],"encodings":[],
         "isEnabled":true,"type":"sfu"}
        """

    @Test("§2.6 ChannelCreated: is version 0, a notification without an id that names the application")
    func channelCreated() async throws {
        try await withStage(.channel) { stage in
            try await stage.call("subscribeChannelEvents", #"{"channelId":"$C"}"#)
            try stage.expect(
                await stage.rpc.events.first,
                """
                {"jsonrpc":"2.0","method":"channelEventNotification",
                 "params":{"type":"ChannelCreated","appId":"$A","data":{"channel":{"id":"$C","version":0}}}}
                """
            )
        }
    }

    @Test("§2.6 ChannelDeleted: comes last, after everything in the channel has ended")
    func channelDeleted() async throws {
        try await withStage(.published) { stage in
            try await stage.call("deleteChannel", #"{"id":"$C"}"#)
            #expect(
                try await stage.rpc.eventLog(4) == [
                    "4 StreamUnpublished", "5 MemberRemoved", "6 MemberRemoved", "7 ChannelDeleted",
                ]
            )
        }
    }

    @Test("§2.6 ChannelMetadataUpdated: carries the new value in the channel")
    func channelMetadataUpdated() async throws {
        try await withStage { stage in
            try await stage.call("updateChannelMetadata", #"{"id":"$C","metadata":"new"}"#)
            try await stage.expectEvent(
                "ChannelMetadataUpdated",
                #"{"channel":{"id":"$C","version":1,"metadata":"new"}}"#
            )
        }
    }

    @Test("§2.6 MemberAdded: carries the whole member, with no null")
    func memberAdded() async throws {
        try await withStage { stage in
            try await stage.call("addMember", #"{"channelId":"$C","type":"Person","subtype":"Person"}"#)
            try await stage.expectEvent(
                "MemberAdded",
                #"{"channel":{"id":"$C","version":1},"member":{"id":"<uuid>","type":"Person","subtype":"Person"}}"#
            )
            try await stage.http("POST", "/v4/bots", #"{"appId":"$A","channelId":"$C"}"#)
            try await stage.expectEvent(
                "MemberAdded",
                #"{"channel":{"id":"$C","version":2},"member":{"id":"<uuid>","type":"Bot","subtype":"sfu"}}"#
            )
        }
    }

    @Test("§2.6 MemberRemoved: carries the member")
    func memberRemoved() async throws {
        try await withStage(.published) { stage in
            try await stage.call("removeMember", #"{"channelId":"$C","id":"$M"}"#)
            try await stage.expectEvent(
                "MemberRemoved",
                """
                {"channel":{"id":"$C","version":5},
                 "member":{"id":"$M","name":"obs","type":"Person","subtype":"Person"}}
                """
            )
        }
    }

    @Test("§2.6 MemberMetadataUpdated: carries the new value in the member, and beside it")
    func memberMetadataUpdated() async throws {
        try await withStage(.published) { stage in
            let params = #"{"channelId":"$C","memberId":"$M","metadata":"new"}"#
            try await stage.call("updateMemberMetadata", params)
            try await stage.expectEvent(
                "MemberMetadataUpdated",
                """
                {"channel":{"id":"$C","version":4},"metadata":"new",
                 "member":{"id":"$M","name":"obs","type":"Person","subtype":"Person","metadata":"new"}}
                """
            )
        }
    }

    @Test("§2.6 StreamPublished: carries the whole publication without channelId")
    func streamPublished() async throws {
        try await withStage(.forwarded) { stage in
            try await stage.call("subscribeChannelEvents", #"{"channelId":"$C","offset":3}"#)
            let first = #"{"channel":{"id":"$C","version":3},"publication":\#(Self.origin)}"#
            try await stage.expectEvent("StreamPublished", first)
            let second = #"{"channel":{"id":"$C","version":5},"publication":\#(Self.relay)}"#
            try await stage.expectEvent("StreamPublished", second)
        }
    }

    @Test("§2.6 StreamUnpublished: carries the publication")
    func streamUnpublished() async throws {
        try await withStage(.published) { stage in
            try await stage.call("unpublishStream", #"{"channelId":"$C","publicationId":"$P"}"#)
            let data = #"{"channel":{"id":"$C","version":4},"publication":\#(Self.origin)}"#
            try await stage.expectEvent("StreamUnpublished", data)
        }
    }

    @Test("§2.6 PublicationMetadataUpdated: carries the new value in the publication")
    func publicationMetadataUpdated() async throws {
        try await withStage(.published) { stage in
            let params = #"{"channelId":"$C","publicationId":"$P","metadata":"new"}"#
            try await stage.call("updatePublicationMetadata", params)
            let event = try await stage.rpc.event("PublicationMetadataUpdated")
            #expect(event["publication"]?["id"]?.string == stage.ids["P"])
            #expect(event["publication"]?["metadata"] == "new")
        }
    }

    @Test("§2.6 PublicationEnabled: carries id and isEnabled, and comes though nothing changed")
    func publicationEnabled() async throws {
        try await withStage(.published) { stage in
            try await stage.call("enablePublication", #"{"channelId":"$C","publicationId":"$P"}"#)
            let data = #"{"channel":{"id":"$C","version":4},"publication":\#(Self.origin)}"#
            try await stage.expectEvent("PublicationEnabled", data)
        }
    }

    @Test("§2.6 PublicationDisabled: carries id and isEnabled")
    func publicationDisabled() async throws {
        try await withStage(.published) { stage in
            try await stage.call("disablePublication", #"{"channelId":"$C","publicationId":"$P"}"#)
            let disabled = Self.origin.replacing("true", with: "false")
            let data = #"{"channel":{"id":"$C","version":4},"publication":\#(disabled)}"#
            try await stage.expectEvent("PublicationDisabled", data)
        }
    }

    @Test("§2.6 StreamSubscribed: carries the subscription and its publication")
    func streamSubscribed() async throws {
        try await withStage(.watched) { stage in
            try await stage.call("subscribeChannelEvents", #"{"channelId":"$C","offset":7}"#)
            try await stage.expectEvent(
                "StreamSubscribed",
                """
                {"channel":{"id":"$C","version":7},"publication":\(Self.relay),
                 "subscription":{"id":"$W","publicationId":"$R","publisherId":"$B","subscriberId":"$V",
                  "contentType":"Video"}}
                """
            )
        }
    }

    @Test("§2.6 StreamUnsubscribed: carries the subscription")
    func streamUnsubscribed() async throws {
        try await withStage(.watched) { stage in
            try await stage.call("unsubscribeStream", #"{"channelId":"$C","subscriptionId":"$W"}"#)
            let event = try await stage.rpc.event("StreamUnsubscribed")
            #expect(event["subscription"]?["id"]?.string == stage.ids["W"])
            #expect(event["publication"]?["id"]?.string == stage.ids["R"])
        }
    }
}
