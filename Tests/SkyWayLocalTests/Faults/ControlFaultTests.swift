// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

@Suite("Faults on members, tokens, time and limits", .timeLimit(.minutes(1)))
struct ControlFaultTests {
    @Test("A member, a bot, a forwarding and a publication are removed as if somebody had")
    func removals() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let other = try await rpc.join(studio.channelID, name: "other")
                try await server.faults.inject(Fault(.removeForwarding, ["forwarding": .string(studio.forwardingID)]))
                #expect(
                    try await rpc.event("StreamUnpublished")["publication"]?["id"]?.string == studio.forwardingID
                )
                try await server.faults.inject(Fault(.removePublication, ["publication": .string(studio.originID)]))
                #expect(try await rpc.event("StreamUnpublished")["publication"]?["id"]?.string == studio.originID)
                try await server.faults.inject(Fault(.removeBot, ["channel": "studio"]))
                #expect(try await rpc.event("MemberRemoved")["member"]?["id"]?.string == studio.botID)
                try await server.faults.inject(Fault(.removeMember, ["member": "obs"]))
                #expect(try await rpc.event("MemberRemoved")["member"]?["id"]?.string == studio.publisherID)
                let channel = try await rpc.call("getChannel", ["id": .string(studio.channelID)])
                #expect(channel["channel"]?["members"]?.array?.map { $0["id"]?.string } == [other])
                #expect(server.faults.inForce.isEmpty)
            }
        }
    }

    @Test(
        "What is not there can't be removed",
        arguments: [
            ("remove-member", "member"), ("remove-bot", "bot"), ("remove-forwarding", "forwarding"),
            ("remove-publication", "publication"),
        ]
    )
    func nothing(name: String, field: String) async throws {
        try await withLocalServer { server in
            let fault = try Fault(.object(["fault": .string(name), field: "nobody"]))
            await #expect(throws: FaultError.nothingThere(field)) { try await server.faults.inject(fault) }
        }
    }

    @Test("Tokens issued before are expired for calls, REST and new sockets; the socket stays, and a new token works")
    func tokens() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                try await rpc.call("findOrCreateChannel", ["name": "a"])
                let id = try #require(try await server.faults.inject(Fault(.expireTokens)))
                await #expect(throws: RPCClient.Refusal(code: 401, inner: 401_000)) {
                    try await rpc.call("getChannelByName", ["name": "a"])
                }
                // Whoever has to renew a token is told the time all the same.
                try await rpc.call("getServerUnixtime")
                #expect(try await server.http("POST", "/v1/ice-params", token: rpc.token, json: "{}").status == 401)
                await #expect(throws: WebSocketOpenError.self) { try await server.withRPC(token: rpc.token) { _ in } }

                // In the same second: what tells it from the old one is that nobody has seen it.
                let claims = TestTokens.claims(
                    scope: TestTokens.everything,
                    issuedAt: server.clock.seconds,
                    id: "6f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11"
                )
                let fresh = try await TestTokens.sign(claims)
                try await rpc.call("updateAuthToken", ["authToken": .string(fresh)])
                try await rpc.call("getChannelByName", ["name": "a", "authToken": .string(fresh)])

                #expect(await server.faults.clear(id))
                try await rpc.call("getChannelByName", ["name": "a"])
            }
        }
    }

    @Test("The skewed clock is told, checks tokens and times to live, and stands in Date; cleared it is right again")
    func clock() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let now = server.clock.seconds * 1000
                let created = try await rpc.call("findOrCreateChannel", ["name": "a"])
                let channelID = try #require(created["channel"]?["id"]?.string)
                try await rpc.call(
                    "addMember",
                    [
                        "channelId": .string(channelID), "type": "Person", "subtype": "Person",
                        "ttlSec": .integer(server.clock.seconds + 60),
                    ]
                )
                let id = try #require(try await server.faults.inject(Fault(.skewClock, ["seconds": 61.5])))
                #expect(try await rpc.call("getServerUnixtime")["unixtime"] == .integer(now + 61_500))
                _ = try await rpc.event("MemberRemoved")
                let date = try await server.http("GET", "/local/state", token: nil).headers["date"]
                #expect(date == "Mon, 21 Sep 2026 14:14:21 GMT")
                // The token of one hour is good for as long as the server believes.
                try await server.faults.inject(Fault(.skewClock, ["seconds": 3600]))
                await #expect(throws: RPCClient.Refusal(code: 401, inner: 401_000)) {
                    try await rpc.call("getChannelByName", ["name": "a"])
                }
                await server.faults.clearAll()
                #expect(await !server.faults.clear(id))
                #expect(try await rpc.call("getServerUnixtime")["unixtime"] == .integer(now))
                try await rpc.call("getChannelByName", ["name": "a"])
            }
        }
    }

    @Test("Limits count for channels there are and to come, and are the old ones afterwards")
    func limits() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("findOrCreateChannel", ["name": "a"])
                let channelID = try #require(created["channel"]?["id"]?.string)
                _ = try await rpc.join(channelID, name: "m")
                let id = try #require(try await server.faults.inject(Fault(.limits, ["members": 1])))
                let later = try await rpc.call("findOrCreateChannel", ["name": "b"])
                let laterID = try #require(later["channel"]?["id"]?.string)
                _ = try await rpc.join(laterID, name: "m")
                for channel in [channelID, laterID] {
                    await #expect(throws: RPCClient.Refusal(code: 403, inner: 403_001)) {
                        _ = try await rpc.join(channel, name: "n")
                    }
                }
                await server.faults.clear(id)
                for channel in [channelID, laterID] { _ = try await rpc.join(channel, name: "n") }
            }
        }
    }
}
