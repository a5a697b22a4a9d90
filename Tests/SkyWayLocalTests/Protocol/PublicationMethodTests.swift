// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §2.3, methods on publications and subscriptions: one test for each row.
@Suite(.timeLimit(.minutes(1))) struct PublicationMethodTests {
    @Test("§2.3 publishStream: answers id and version, and keeps what it was given")
    func publishStream() async throws {
        try await withStage(.published) { stage in
            let answer = try await stage.call(
                "publishStream",
                """
                {"channelId":"$C","publisherId":"$M","contentType":"Audio","metadata":"m","isEnabled":false,
                 "codecCapabilities":[{"mimeType":"audio/opus","parameters":{"usedtx":true}}],"type":"sfu"}
                """
            )
            try stage.expect(answer, #"{"id":"<uuid>","version":4}"#)
            try await stage.expectEvent(
                "StreamPublished",
                """
                {"channel":{"id":"$C","version":4},
                 "publication":{"id":"<uuid>","publisherId":"$M","contentType":"Audio","metadata":"m",
                  "codecCapabilities":[{"mimeType":"audio/opus","parameters":{"usedtx":true}}],"encodings":[],
                  "isEnabled":false,"type":"sfu"}}
                """
            )
        }
    }

    @Test("§2.3 publishStream: a type that is absent or null means p2p, and origin names what is relayed")
    func publishDefaults() async throws {
        try await withStage(.published) { stage in
            for type in ["", #","type":null"#] {
                let params = #"{"channelId":"$C","publisherId":"$M","contentType":"Data"\#(type)}"#
                try await stage.call("publishStream", params)
                #expect(try await stage.rpc.event("StreamPublished")["publication"]?["type"] == "p2p")
            }
            let relay = #"{"channelId":"$C","publisherId":"$M","contentType":"Video","origin":"$P","type":"sfu"}"#
            try await stage.call("publishStream", relay)
            let event = try await stage.rpc.event("StreamPublished")
            #expect(event["publication"]?["origin"]?.string == stage.ids["P"])
        }
    }

    @Test("§2.3 unpublishStream: takes publicationId and answers version")
    func unpublishStream() async throws {
        try await withStage(.published) { stage in
            let answer = try await stage.call("unpublishStream", #"{"channelId":"$C","publicationId":"$P"}"#)
            try stage.expect(answer, #"{"version":4}"#)
        }
    }

    @Test("§2.3 enablePublication: takes publicationId and answers version")
    func enablePublication() async throws {
        try await withStage(.published) { stage in
            let answer = try await stage.call("enablePublication", #"{"channelId":"$C","publicationId":"$P"}"#)
            try stage.expect(answer, #"{"version":4}"#)
        }
    }

    @Test("§2.3 disablePublication: takes publicationId and answers version")
    func disablePublication() async throws {
        try await withStage(.published) { stage in
            let answer = try await stage.call("disablePublication", #"{"channelId":"$C","publicationId":"$P"}"#)
            try stage.expect(answer, #"{"version":4}"#)
            let channel = try await stage.call("getChannel", #"{"id":"$C"}"#)
            #expect(channel["channel"]?["publications"]?.array?.first?["isEnabled"] == false)
        }
    }

    @Test("§2.3 updatePublicationMetadata: takes publicationId and metadata and answers version")
    func updatePublicationMetadata() async throws {
        try await withStage(.published) { stage in
            let params = #"{"channelId":"$C","publicationId":"$P","metadata":"new"}"#
            try stage.expect(try await stage.call("updatePublicationMetadata", params), #"{"version":4}"#)
        }
    }

    @Test("§2.3 subscribeStream: takes subscriberId and publicationId and answers id and version")
    func subscribeStream() async throws {
        try await withStage(.forwarded) { stage in
            let params = #"{"channelId":"$C","subscriberId":"$M","publicationId":"$R"}"#
            try stage.expect(try await stage.call("subscribeStream", params), #"{"id":"<uuid>","version":6}"#)
        }
    }

    @Test("§2.3 unsubscribeStream: takes subscriptionId and answers version")
    func unsubscribeStream() async throws {
        try await withStage(.watched) { stage in
            let answer = try await stage.call("unsubscribeStream", #"{"channelId":"$C","subscriptionId":"$W"}"#)
            try stage.expect(answer, #"{"version":8}"#)
        }
    }
}
