// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// One row of protocol page §2.7 after the other.
@Suite(.timeLimit(.minutes(1))) struct RPCErrorTests {
    private func refusal(
        _ method: String,
        _ params: [String: JSONValue],
        by rpc: RPCClient
    ) async throws -> RPCClient.Refusal? {
        do {
            try await rpc.call(method, params)
            return nil
        } catch let refusal as RPCClient.Refusal {
            return refusal
        }
    }

    @Test("What is not there is 404, what is there already 409")
    func missingAndTaken() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let channel = JSONValue.string(studio.channelID)
                let nothing = JSONValue.string("nothing")
                let rows: [(String, [String: JSONValue], Int64)] = [
                    ("getChannel", ["id": nothing], 404),
                    ("getChannelByName", ["name": nothing], 404),
                    ("deleteChannel", ["id": nothing], 404),
                    ("updateChannelMetadata", ["id": nothing, "metadata": nothing], 404),
                    ("addMember", ["channelId": nothing, "type": .string("Person"), "subtype": .string("x")], 404),
                    ("updateMemberTtl", ["channelId": channel, "memberId": nothing, "ttlSec": .integer(1)], 404),
                    ("updateMemberMetadata", ["channelId": channel, "memberId": nothing, "metadata": nothing], 404),
                    ("removeMember", ["channelId": channel, "id": nothing], 404),
                    ("unpublishStream", ["channelId": channel, "publicationId": nothing], 404),
                    ("enablePublication", ["channelId": channel, "publicationId": nothing], 404),
                    ("disablePublication", ["channelId": channel, "publicationId": nothing], 404),
                    (
                        "updatePublicationMetadata",
                        ["channelId": channel, "publicationId": nothing, "metadata": nothing], 404
                    ),
                    (
                        "subscribeStream",
                        [
                            "channelId": channel, "publicationId": nothing,
                            "subscriberId": .string(studio.publisherID),
                        ], 404
                    ),
                    ("unsubscribeStream", ["channelId": channel, "subscriptionId": nothing], 404),
                    ("subscribeChannelEvents", ["channelId": nothing], 404),
                    ("createChannel", ["name": .string("studio")], 409),
                    (
                        "addMember",
                        [
                            "channelId": channel, "name": .string("obs"), "type": .string("Person"),
                            "subtype": .string("Person"),
                        ], 409
                    ),
                ]
                for (method, params, code) in rows {
                    #expect(try await refusal(method, params, by: rpc)?.code == code, "\(method)")
                }
                _ = try await rpc.subscribe(studio.channelID, studio.publisherID, studio.forwardingID)
                let again: [String: JSONValue] = [
                    "channelId": channel, "publicationId": .string(studio.forwardingID),
                    "subscriberId": .string(studio.publisherID),
                ]
                #expect(try await refusal("subscribeStream", again, by: rpc)?.code == 409)
            }
        }
    }

    @Test("What the token does not allow is 403 with 403000")
    func permissions() async throws {
        try await withLocalServer { server in
            try await server.withRPC { owner in
                let studio = try await Studio.open(owner, on: server)
                let viewer = try await server.token(
                    scope: """
                        {"appId":"\(TestTokens.appID)","rooms":[{"name":"studio","methods":[],
                         "member":{"name":"viewer","methods":["subscribe"]}}]}
                        """
                )
                try await server.withRPC(token: viewer) { rpc in
                    let channel = JSONValue.string(studio.channelID)
                    let memberID = JSONValue.string(try await rpc.join(studio.channelID, name: "viewer"))
                    _ = try await rpc.subscribe(studio.channelID, memberID.string ?? "", studio.forwardingID)
                    let rows: [(String, [String: JSONValue])] = [
                        ("createChannel", ["name": .string("other")]),
                        ("findOrCreateChannel", ["name": .string("other")]),
                        ("deleteChannel", ["id": channel]),
                        ("updateChannelMetadata", ["id": channel, "metadata": .string("x")]),
                        (
                            "addMember",
                            [
                                "channelId": channel, "name": .string("x"), "type": .string("Person"),
                                "subtype": .string("x"),
                            ]
                        ),
                        ("removeMember", ["channelId": channel, "id": .string(studio.publisherID)]),
                        (
                            "updateMemberMetadata",
                            ["channelId": channel, "memberId": memberID, "metadata": .string("x")]
                        ),
                        (
                            "publishStream",
                            ["channelId": channel, "publisherId": memberID, "contentType": .string("Audio")]
                        ),
                        ("unpublishStream", ["channelId": channel, "publicationId": .string(studio.originID)]),
                        ("disablePublication", ["channelId": channel, "publicationId": .string(studio.originID)]),
                    ]
                    for (method, params) in rows {
                        let refused = try await refusal(method, params, by: rpc)
                        #expect(refused == RPCClient.Refusal(code: 403, inner: 403_000), "\(method)")
                    }
                }
            }
        }
    }

    @Test("Each limit has its inner code")
    func limits() async throws {
        try await withLocalServer { configuration in
            configuration.limits.members = 3
            configuration.limits.publications = 3
            configuration.limits.publicationsOfMember = 2
        } _: { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let channel = JSONValue.string(studio.channelID)
                let second = try await rpc.join(studio.channelID, name: "b")
                let person: [String: JSONValue] = [
                    "channelId": channel, "type": .string("Person"), "subtype": .string("Person"),
                ]
                #expect(try await refusal("addMember", person, by: rpc) == .init(code: 403, inner: 403_001))
                func audio(_ publisherID: String) -> [String: JSONValue] {
                    ["channelId": channel, "publisherId": .string(publisherID), "contentType": .string("Audio")]
                }
                _ = try await rpc.publish(studio.channelID, studio.publisherID, "Audio")
                #expect(
                    try await refusal("publishStream", audio(second), by: rpc) == .init(code: 403, inner: 403_002)
                )
                try await rpc.call(
                    "unpublishStream",
                    ["channelId": channel, "publicationId": .string(studio.forwardingID)]
                )
                #expect(
                    try await refusal("publishStream", audio(studio.publisherID), by: rpc)
                        == .init(code: 403, inner: 403_004)
                )
            }
        }
    }

    @Test("Names that are not allowed, unknown content types and bots by addMember are refused as parameters")
    func parameters() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let channel = JSONValue.string(studio.channelID)
                let rows: [(String, [String: JSONValue])] = [
                    ("createChannel", ["name": .string("*")]),
                    ("createChannel", ["name": .string("a b")]),
                    ("addMember", ["channelId": channel, "type": .string("Bot"), "subtype": .string("sfu")]),
                    (
                        "publishStream",
                        [
                            "channelId": channel, "publisherId": .string(studio.publisherID),
                            "contentType": .string("Smell"),
                        ]
                    ),
                    (
                        "publishStream",
                        [
                            "channelId": channel, "publisherId": .string(studio.publisherID),
                            "contentType": .string("Video"), "origin": .string(studio.forwardingID),
                        ]
                    ),
                ]
                for (method, params) in rows {
                    #expect(try await refusal(method, params, by: rpc)?.code == -32602, "\(method)")
                }
            }
        }
    }
}
