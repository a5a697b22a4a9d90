// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import NIOCore
import Testing

@testable import SkyWayLocal

/// The RTC API over a real socket (protocol page §2).
@Suite(.timeLimit(.minutes(1))) struct RPCTests {
    @Test("The sub-protocol is echoed exactly, and a token that is refused is answered with 401")
    func upgrade() async throws {
        try await withLocalServer { server in
            let token = try await server.token()
            try await server.withSocket("/ws?contextId=x", subprotocol: token) { connection in
                #expect(connection.subprotocol == token)
            }
            await #expect(throws: WebSocketOpenError.self) {
                try await server.withSocket("/ws", subprotocol: "a.b.c") { _ in }
            }
        }
    }

    @Test("The server's time is in milliseconds, and an id comes back with the type it had")
    func time() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let result = try await rpc.call("getServerUnixtime")
                #expect(result == .object(["unixtime": .integer(1_790_000_000_000)]))
                let id = JSONValue.string("4b1c")
                _ = try await rpc.send(rpc.request("getServerUnixtime", id: id), id: id)
            }
        }
    }

    @Test("Creating a channel subscribes to its events, and its creator gets those of its own calls")
    func creation() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("createChannel", ["name": .string("studio")])
                let id = try #require(created["channel"]?["id"]?.string)
                #expect(created == .object(["channel": .object(["id": .string(id), "version": .integer(0)])]))
                let memberID = try await rpc.join(id, name: "obs")
                let event = try await rpc.event("MemberAdded")
                #expect(event["member"]?["id"]?.string == memberID)
                #expect(event["channel"]?["version"]?.integer == 1)
            }
        }
    }

    @Test("Getting a channel does not subscribe; subscribing repeats from the offset on, that version included")
    func subscription() async throws {
        try await withLocalServer { server in
            try await server.withRPC { publisher in
                let created = try await publisher.call("findOrCreateChannel", ["name": .string("studio")])
                let id = try #require(created["channel"]?["id"]?.string)
                _ = try await publisher.join(id, name: "a")
                try await server.withRPC { viewer in
                    let found = try await viewer.call("getChannelByName", ["name": .string("studio")])
                    #expect(found["channel"]?["version"]?.integer == 1)
                    _ = try await publisher.join(id, name: "b")
                    try await viewer.call("getServerUnixtime")
                    #expect(await viewer.events.isEmpty)
                    let offset: [String: JSONValue] = ["channelId": .string(id), "offset": .integer(1)]
                    #expect(try await viewer.call("subscribeChannelEvents", offset) == .object([:]))
                    #expect(try await viewer.eventLog(2) == ["1 MemberAdded", "2 MemberAdded"])
                    try await viewer.call("subscribeChannelEvents", ["channelId": .string(id)])
                    #expect(
                        try await viewer.eventLog(3) == ["0 ChannelCreated", "1 MemberAdded", "2 MemberAdded"]
                    )
                }
            }
        }
    }

    @Test("A request repeated word for word after a reconnection is answered from memory")
    func repeatedRequest() async throws {
        try await withLocalServer { server in
            let id = JSONValue.string("9f0c6a2e-64a0-4a2e-8f8e-6c8b1f0d2a11")
            let (channelID, text, first) = try await server.withRPC(query: "?contextId=page") { rpc in
                let created = try await rpc.call("createChannel")
                let channelID = try #require(created["channel"]?["id"]?.string)
                let text = rpc.request(
                    "addMember",
                    [
                        "channelId": .string(channelID), "name": .string("obs"), "type": .string("Person"),
                        "subtype": .string("Person"),
                    ],
                    id: id
                )
                return (channelID, text, try await rpc.send(text, id: id))
            }
            try await server.withRPC(query: "?contextId=page") { rpc in
                #expect(try await rpc.send(text, id: id) == first)
                let channel = try await rpc.call("getChannel", ["id": .string(channelID)])
                #expect(channel["channel"]?["members"]?.array?.count == 1)
            }
            try await server.withRPC(query: "?contextId=another") { rpc in
                await #expect(throws: RPCClient.Refusal(code: 409, inner: 409_001)) {
                    try await rpc.send(text, id: id)
                }
            }
        }
    }

    @Test("Without a context, as before SDK 2.4.5, requests are known again by ids that are UUIDs and by no others")
    func repeatedRequestWithoutContext() async throws {
        try await withLocalServer { server in
            try await server.withRPC(query: "") { rpc in
                let params: [String: JSONValue] = ["name": .string("studio")]
                let unique = JSONValue.string("9f0c6a2e-64a0-4a2e-8f8e-6c8b1f0d2a11")
                let text = rpc.request("createChannel", params, id: unique)
                let first = try await rpc.send(text, id: unique)
                #expect(try await rpc.send(text, id: unique) == first)
                let counted = JSONValue.integer(100)
                await #expect(throws: RPCClient.Refusal(code: 409, inner: 409_000)) {
                    try await rpc.send(rpc.request("createChannel", params, id: counted), id: counted)
                }
            }
        }
    }

    @Test("A token that runs out is an error of each call, never the end of the socket; a new one goes on")
    func expiry() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                server.clock.advance(seconds: 3601)
                await #expect(throws: RPCClient.Refusal(code: 401, inner: 401_000)) {
                    try await rpc.call("createChannel")
                }
                // The SDK asks for the time with the old token before it sends the new one.
                try await rpc.call("getServerUnixtime")
                let fresh = JSONValue.string(try await server.token())
                #expect(try await rpc.call("updateAuthToken", ["authToken": fresh]) == .object([:]))
                try await rpc.call("createChannel", ["authToken": fresh])
            }
        }
    }

    @Test(
        "Nonsense is answered and disturbs nothing",
        arguments: [
            ("{", JSONValue.null, -32700), ("[]", .null, -32600), ("\"x\"", .null, -32600),
            (#"{"id":1}"#, .integer(1), -32600), (#"{"id":1,"method":7}"#, .integer(1), -32600),
            (#"{"id":1,"method":"fly","params":{}}"#, .integer(1), -32601),
            (#"{"id":1,"method":"getChannel","params":{}}"#, .integer(1), -32602),
            (#"{"id":1,"method":"getChannel","params":{"id":7}}"#, .integer(1), -32602),
            (#"{"id":1,"method":"getChannel"}"#, .integer(1), -32602),
            (#"{"id":1,"method":"getServerUnixtime","params":{}}"#, .integer(1), -32602),
        ]
    )
    func nonsense(text: String, id: JSONValue, code: Int64) async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                await #expect(throws: RPCClient.Refusal(code: code, inner: nil)) { try await rpc.send(text, id: id) }
                try await rpc.call("getServerUnixtime")
            }
        }
    }

    @Test("Binary and oversized messages end their own socket and no other")
    func badFrames() async throws {
        try await withLocalServer { server in
            try await server.withRPC { other in
                try await server.withRPC { rpc in
                    rpc.connection.send(String(repeating: "x", count: 64 * 1024 + 1))
                    await #expect(throws: RPCClient.Ended.self) { try await rpc.receive() }
                    #expect(await rpc.connection.closed().code == WebSocketCloseCode.messageTooLarge)
                }
                try await server.withRPC { rpc in
                    rpc.connection.send(ByteBuffer(string: "x"))
                    await #expect(throws: RPCClient.Ended.self) { try await rpc.receive() }
                    #expect(await rpc.connection.closed().code == WebSocketCloseCode.unacceptableData)
                }
                try await other.call("getServerUnixtime")
            }
        }
    }

    @Test("Members of a socket opened with leaveWhenDisconnected leave with it")
    func leaving() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("createChannel", ["name": .string("studio")])
                let id = try #require(created["channel"]?["id"]?.string)
                try await server.withRPC(query: "?contextId=a&leaveWhenDisconnected=true") { leaving in
                    _ = try await leaving.join(id, name: "guest")
                }
                let event = try await rpc.event("MemberRemoved")
                #expect(event["member"]?["name"]?.string == "guest")
            }
        }
    }

    @Test("A member whose time to live passes is removed, one that renews it stays")
    func timeToLive() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("createChannel")
                let id = try #require(created["channel"]?["id"]?.string)
                let added = try await rpc.call(
                    "addMember",
                    [
                        "channelId": .string(id), "type": .string("Person"), "subtype": .string("Person"),
                        "ttlSec": .integer(server.clock.seconds + 30),
                    ]
                )
                let memberID = try #require(added["memberId"])
                try await rpc.call(
                    "updateMemberTtl",
                    [
                        "channelId": .string(id), "memberId": memberID,
                        "ttlSec": .integer(server.clock.seconds + 60),
                    ]
                )
                server.clock.advance(seconds: 31)
                let early = try await rpc.call("getChannel", ["id": .string(id)])
                #expect(early["channel"]?["members"]?.array?.count == 1)
                server.clock.advance(seconds: 30)
                let event = try await rpc.event("MemberRemoved")
                #expect(event["member"]?["id"] == memberID)
                await #expect(throws: RPCClient.Refusal(code: 404, inner: 404_001)) {
                    try await rpc.call(
                        "updateMemberTtl",
                        ["channelId": .string(id), "memberId": memberID, "ttlSec": .integer(0)]
                    )
                }
            }
        }
    }
}
