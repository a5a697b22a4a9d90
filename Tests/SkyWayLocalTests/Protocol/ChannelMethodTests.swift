// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §2.3, methods on channels: one test for each row.
@Suite(.timeLimit(.minutes(1))) struct ChannelMethodTests {
    @Test("§2.3 getServerUnixtime: answers unixtime in milliseconds, for an expired token too")
    func getServerUnixtime() async throws {
        try await withStage(.connected) { stage in
            try stage.expect(try await stage.call("getServerUnixtime"), #"{"unixtime":1790000000000}"#)
            stage.server.clock.advance(seconds: 3601)
            try stage.expect(try await stage.call("getServerUnixtime"), #"{"unixtime":1790003601000}"#)
        }
    }

    @Test("§2.3 updateAuthToken: takes authToken alone and answers with an empty object")
    func updateAuthToken() async throws {
        try await withStage(.connected) { stage in
            stage.server.clock.advance(seconds: 1800)
            let fresh = try await stage.server.token()
            let text = """
                {"jsonrpc":"2.0","method":"updateAuthToken","params":{"authToken":"\(fresh)"},"id":"u"}
                """
            try stage.expect(try await stage.rpc.send(text, id: "u"), "{}")
        }
    }

    @Test("§2.3 createChannel: answers id, version and metadata, and takes both parameters as optional")
    func createChannel() async throws {
        try await withStage(.connected) { stage in
            let named = try await stage.call("createChannel", #"{"name":"studio","metadata":"m"}"#)
            try stage.expect(named, #"{"channel":{"id":"<uuid>","version":0,"metadata":"m"}}"#)
            let bare = try await stage.call("createChannel")
            try stage.expect(bare, #"{"channel":{"id":"<uuid>","version":0}}"#)
        }
    }

    @Test("§2.3 findOrCreateChannel: answers the whole channel, the same one for the same name")
    func findOrCreateChannel() async throws {
        try await withStage(.connected) { stage in
            let made = try await stage.call("findOrCreateChannel", #"{"name":"studio","metadata":"m"}"#)
            try stage.expect(
                made,
                """
                {"channel":{"id":"<uuid>","name":"studio","metadata":"m","version":0,
                 "members":[],"publications":[],"subscriptions":[]}}
                """
            )
            let found = try await stage.call("findOrCreateChannel", #"{"name":"studio","metadata":"other"}"#)
            #expect(found == made)
        }
    }

    /// The channel of `.watched`, as the page has it: members, publications and subscriptions in order.
    private static let watched = """
        {"channel":{"id":"$C","name":"studio","version":7,
         "members":[{"id":"$B","type":"Bot","subtype":"sfu"},
                    {"id":"$M","name":"obs","type":"Person","subtype":"Person"},
                    {"id":"$V","name":"viewer","type":"Person","subtype":"Person"}],
         "publications":[{"id":"$P","channelId":"$C","publisherId":"$M","contentType":"Video",
                          "codecCapabilities":[{"mimeType":"video/h264"}],
                          "encodings":[{"id":"low"},{"id":"high"}],"isEnabled":true,"type":"sfu"},
                         {"id":"$R","channelId":"$C","publisherId":"$B","origin":"$P","contentType":"Video",
                          "codecCapabilities":[],"encodings":[],"isEnabled":true,"type":"sfu"}],
         "subscriptions":[{"id":"$S","channelId":"$C","publicationId":"$P","publisherId":"$M",
                           "subscriberId":"$B","contentType":"Video"},
                          {"id":"$W","channelId":"$C","publicationId":"$R","publisherId":"$B",
                           "subscriberId":"$V","contentType":"Video"}]}}
        """

    @Test("§2.3 getChannel: takes id and answers the whole channel")
    func getChannel() async throws {
        try await withStage(.watched) { stage in
            try stage.expect(try await stage.call("getChannel", #"{"id":"$C"}"#), Self.watched)
            #expect(try await stage.refusal("getChannel", #"{"channelId":"$C"}"#)?.code == -32602)
        }
    }

    @Test("§2.3 getChannelByName: takes name and answers the whole channel")
    func getChannelByName() async throws {
        try await withStage(.watched) { stage in
            try stage.expect(try await stage.call("getChannelByName", #"{"name":"studio"}"#), Self.watched)
        }
    }

    @Test("§2.3 deleteChannel: takes id, answers version, and the channel is gone with its name")
    func deleteChannel() async throws {
        try await withStage { stage in
            try stage.expect(try await stage.call("deleteChannel", #"{"id":"$C"}"#), #"{"version":1}"#)
            #expect(try await stage.refusal("getChannel", #"{"id":"$C"}"#)?.code == 404)
            let again = try await stage.call("createChannel", #"{"name":"studio"}"#)
            try stage.expect(again, #"{"channel":{"id":"<uuid>","version":0}}"#)
        }
    }

    @Test("§2.3 updateChannelMetadata: takes id and metadata and answers version")
    func updateChannelMetadata() async throws {
        try await withStage { stage in
            let answer = try await stage.call("updateChannelMetadata", #"{"id":"$C","metadata":"new"}"#)
            try stage.expect(answer, #"{"version":1}"#)
            let channel = try await stage.call("getChannel", #"{"id":"$C"}"#)
            #expect(channel["channel"]?["metadata"] == "new")
        }
    }

    @Test("§2.3 subscribeChannelEvents: takes channelId and offset and answers with an empty object")
    func subscribeChannelEvents() async throws {
        try await withStage(.published) { stage in
            try await stage.withClient { other in
                let asked = try await stage.call("subscribeChannelEvents", #"{"channelId":"$C","offset":2}"#, by: other)
                try stage.expect(asked, "{}")
                #expect(try await other.eventLog(2) == ["2 MemberAdded", "3 StreamPublished"])
            }
        }
    }
}
