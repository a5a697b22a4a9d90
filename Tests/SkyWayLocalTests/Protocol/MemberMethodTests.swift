// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §2.3, methods on members: one test for each row.
@Suite(.timeLimit(.minutes(1))) struct MemberMethodTests {
    @Test("§2.3 addMember: answers memberId, version and memberName")
    func addMember() async throws {
        try await withStage { stage in
            let named = try await stage.call(
                "addMember",
                """
                {"channelId":"$C","name":"obs","metadata":"m","type":"Person","subtype":"Person",
                 "ttlSec":1790000120}
                """
            )
            try stage.expect(named, #"{"memberId":"<uuid>","version":1,"memberName":"obs"}"#)
            let nameless = try await stage.call("addMember", #"{"channelId":"$C","type":"Person","subtype":"Person"}"#)
            try stage.expect(nameless, #"{"memberId":"<uuid>","version":2}"#)
        }
    }

    @Test("§2.3 addMember: subscribeChannelEvents gives the caller the channel's events")
    func subscribingMember() async throws {
        try await withStage { stage in
            try await stage.withClient { other in
                let params = """
                    {"channelId":"$C","type":"Person","subtype":"Person","subscribeChannelEvents":true}
                    """
                try await stage.call("addMember", params, by: other)
                #expect(try await other.eventLog(1) == ["1 MemberAdded"])
            }
        }
    }

    @Test("§2.3 updateMemberTtl: takes ttlSec as whole seconds of the server's clock, with no event")
    func updateMemberTtl() async throws {
        try await withStage(.published) { stage in
            let params = #"{"channelId":"$C","memberId":"$M","ttlSec":1790000060}"#
            try stage.expect(try await stage.call("updateMemberTtl", params), #"{"version":3}"#)
            let broken = #"{"channelId":"$C","memberId":"$M","ttlSec":1790000060.5}"#
            #expect(try await stage.refusal("updateMemberTtl", broken)?.code == -32602)
            #expect(await stage.rpc.events.isEmpty)
        }
    }

    @Test("§2.3 updateMemberMetadata: takes channelId, memberId and metadata and answers version")
    func updateMemberMetadata() async throws {
        try await withStage(.published) { stage in
            let params = #"{"channelId":"$C","memberId":"$M","metadata":"new"}"#
            try stage.expect(try await stage.call("updateMemberMetadata", params), #"{"version":4}"#)
        }
    }

    @Test("§2.3 removeMember: takes the member as id, not as memberId, and answers version")
    func removeMember() async throws {
        try await withStage(.published) { stage in
            let wrong = #"{"channelId":"$C","memberId":"$M"}"#
            #expect(try await stage.refusal("removeMember", wrong)?.code == -32602)
            // The publication goes first, so the member's own event is version 5.
            let answer = try await stage.call("removeMember", #"{"channelId":"$C","id":"$M"}"#)
            try stage.expect(answer, #"{"version":5}"#)
        }
    }
}
