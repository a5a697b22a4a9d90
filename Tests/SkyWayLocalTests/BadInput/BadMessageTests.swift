// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import NIOCore
import Testing

@testable import SkyWayLocal

/// Messages that no client should send: the documented error or close, and nothing else disturbed.
@Suite(.timeLimit(.minutes(1))) struct BadMessageTests {
    @Test(
        "What is no request is answered with JSON-RPC's error, and the socket goes on",
        arguments: [
            ("{", JSONValue.null, -32700), ("", .null, -32700), ("[]", .null, -32600), ("\"x\"", .null, -32600),
            ("null", .null, -32600), (#"{"id":1}"#, .integer(1), -32600),
            (#"{"id":1,"method":7}"#, .integer(1), -32600),
            (#"{"id":[1],"method":"getServerUnixtime"}"#, .null, -32600),
            (#"{"id":1,"method":"fly","params":{}}"#, .integer(1), -32601),
            (#"{"id":1,"method":"getChannel","params":[]}"#, .integer(1), -32602),
            (#"{"id":1,"method":"getChannel"}"#, .integer(1), -32602),
            (#"{"id":1,"method":"getServerUnixtime","params":{}}"#, .integer(1), -32602),
            (#"{"id":1,"method":"getServerUnixtime","params":{"authToken":7}}"#, .integer(1), -32602),
        ]
    )
    func nonsense(text: String, id: JSONValue, code: Int64) async throws {
        try await withStage(.connected) { stage in
            await #expect(throws: RPCClient.Refusal(code: code, inner: nil)) { try await stage.rpc.send(text, id: id) }
            try await stage.call("getServerUnixtime")
        }
    }

    @Test("A request without an id is done and not answered")
    func notification() async throws {
        try await withStage { stage in
            stage.rpc.connection.send(
                stage.fill(
                    """
                    {"jsonrpc":"2.0","method":"updateChannelMetadata",
                     "params":{"appId":"$A","authToken":"$T","id":"$C","metadata":"new"}}
                    """
                )
            )
            try await stage.call("getServerUnixtime")
            #expect(try await stage.rpc.eventLog(1) == ["1 ChannelMetadataUpdated"])
        }
    }

    @Test("A request for no application, or for another than its token's, is refused")
    func applications() async throws {
        try await withStage(.connected) { stage in
            for application in ["", #""appId":"\#(TestTokens.otherAppID)","#, #""appId":7,"#] {
                let text = #"{"id":1,"method":"getServerUnixtime","params":{\#(application)"authToken":"$T"}}"#
                await #expect(throws: RPCClient.Refusal(code: -32602, inner: nil)) {
                    try await stage.rpc.send(stage.fill(text), id: 1)
                }
            }
        }
    }

    @Test("Every parameter of every method is refused when it has another type, and nothing happens")
    func wrongTypes() async throws {
        try await withStage(.watched) { stage in
            let methods: [(String, [String: JSONValue])] = [
                ("createChannel", ["name": "x", "metadata": "x"]),
                ("findOrCreateChannel", ["name": "x", "metadata": "x"]), ("getChannel", ["id": "x"]),
                ("getChannelByName", ["name": "x"]), ("deleteChannel", ["id": "x"]),
                ("updateChannelMetadata", ["id": "x", "metadata": "x"]),
                (
                    "addMember",
                    [
                        "channelId": "x", "name": "x", "metadata": "x", "subscribeChannelEvents": true, "ttlSec": 1,
                        "type": "Person", "subtype": "x",
                    ]
                ),
                ("updateMemberTtl", ["channelId": "x", "memberId": "x", "ttlSec": 1]),
                ("updateMemberMetadata", ["channelId": "x", "memberId": "x", "metadata": "x"]),
                ("removeMember", ["channelId": "x", "id": "x"]),
                (
                    "publishStream",
                    [
                        "channelId": "x", "publisherId": "x", "contentType": "Audio", "metadata": "x", "origin": "x",
                        "codecCapabilities": [], "encodings": [], "isEnabled": true, "type": "sfu",
                    ]
                ),
                ("unpublishStream", ["channelId": "x", "publicationId": "x"]),
                ("enablePublication", ["channelId": "x", "publicationId": "x"]),
                ("disablePublication", ["channelId": "x", "publicationId": "x"]),
                ("updatePublicationMetadata", ["channelId": "x", "publicationId": "x", "metadata": "x"]),
                ("subscribeStream", ["channelId": "x", "subscriberId": "x", "publicationId": "x"]),
                ("unsubscribeStream", ["channelId": "x", "subscriptionId": "x"]),
                ("subscribeChannelEvents", ["channelId": "x", "offset": 1]),
            ]
            let values: [JSONValue] = [["x": 1], [[7]], .number(1e300), .number(-0.5)]
            for (method, params) in methods {
                for name in params.keys {
                    for value in values {
                        let wrong = params.merging([name: value]) { $1 }
                        await #expect(throws: RPCClient.Refusal(code: -32602, inner: nil), "\(method) \(name)") {
                            try await stage.rpc.call(method, wrong)
                        }
                    }
                }
            }
            #expect(await stage.rpc.events.isEmpty)
        }
    }

    @Test(
        "JSON that is nested deeply is answered at once",
        arguments: [
            ("[", "]", 20_000, "1"), (#"{"a":"#, "}", 9_000, "1"), ("[", "]", 500, "1"),
            ("[", "]", 400, Array(repeating: "1.5", count: 12_000).joined(separator: ",")),
            (#"{"a":"#, "}", 26, "[" + Array(repeating: "{}", count: 15_000).joined(separator: ",") + "]"),
        ]
    )
    func nesting(open: String, close: String, depth: Int, inside: String) async throws {
        let nested = String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)
        try await withStage { stage in
            let started = ContinuousClock.now
            for text in [
                nested, #"{"id":\#(nested),"method":"getServerUnixtime"}"#,
                #"{"id":1,"method":"getChannel","params":{"id":\#(nested)}}"#,
                #"{"id":1,"method":"publishStream","params":{"codecCapabilities":[{"mimeType":"x","parameters":\#(nested)}]}}"#,
            ] {
                stage.rpc.connection.send(text)
                let answer = try await stage.rpc.receive()
                #expect([-32700, -32600, -32602].contains(answer["error"]?["code"]?.integer))
            }
            // Without a bound of the depth it is minutes, in which nobody else is answered.
            #expect(ContinuousClock.now - started < .seconds(20))
            try await stage.call("getServerUnixtime")
        }
    }

    @Test("Binary and oversized messages end their own socket, with 1003 and 1009, and no other")
    func badFrames() async throws {
        try await withStage(.watched) { stage in
            let subprotocol = "SkyWayAuthToken!\(stage.rpc.token)"
            let targets = [
                ("/ws", stage.rpc.token, 64 * 1024),
                (stage.fill("/v1/ws?channelId=$C&memberId=$M"), subprotocol, 64 * 1024),
                ("/v2/client/ws", subprotocol, 1 << 20),
            ]
            for (target, subprotocol, limit) in targets {
                try await stage.server.withSocket(target, subprotocol: subprotocol) { connection in
                    connection.send(String(repeating: "x", count: limit + 1))
                    #expect(await Self.closeCode(of: connection) == WebSocketCloseCode.messageTooLarge, "\(target)")
                }
                try await stage.server.withSocket(target, subprotocol: subprotocol) { connection in
                    connection.send(ByteBuffer(string: "x"))
                    #expect(await Self.closeCode(of: connection) == WebSocketCloseCode.unacceptableData, "\(target)")
                }
            }
            try await stage.call("getServerUnixtime")
        }
    }

    private static func closeCode(of connection: WebSocketConnection) async -> UInt16 {
        for await _ in connection.messages {}
        return await connection.closed().code
    }

    @Test("A message of exactly 64 KiB is read")
    func longest() async throws {
        try await withStage { stage in
            let params: [String: JSONValue] = ["id": .string(stage.fill("$C")), "metadata": ""]
            let head = stage.rpc.request("updateChannelMetadata", params, id: 1)
            let metadata = String(repeating: "x", count: RPCSocket.maximumLength - head.utf8.count)
            let text = head.replacing(#""metadata":"""#, with: #""metadata":"\#(metadata)""#)
            #expect(text.utf8.count == 64 * 1024)
            try stage.expect(try await stage.rpc.send(text, id: 1), #"{"version":1}"#)
        }
    }

    @Test("What is no message of signaling is not answered, and disturbs nothing")
    func signalingNonsense() async throws {
        try await withStage(.watched) { stage in
            let target = stage.fill("/v1/ws?channelId=$C&memberId=$M")
            try await stage.server.withSocket(target, subprotocol: "SkyWayAuthToken!\(stage.rpc.token)") { connection in
                let socket = JSONSocket(connection)
                _ = try await socket.receive()
                for text in ["", "{", "[]", "7", #"{"event":"checkConnectivity"}"#, #"{"event":7,"eventId":"e"}"#] {
                    connection.send(text)
                }
                let answer = try await socket.acknowledged(#"{"event":"checkConnectivity","eventId":"e"}"#)
                #expect(answer == ["eventId": "e", "ok": true])
            }
        }
    }
}
