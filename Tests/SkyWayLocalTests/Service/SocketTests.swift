// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

/// ICE parameters, signaling and analytics (protocol page §§4, 5).
@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    @Test("ICE parameters name this host as STUN server and no TURN server")
    func iceParameters() async throws {
        try await withLocalServer { server in
            let answer = try await server.http(
                "POST",
                "/v1/ice-params",
                token: try await server.token(),
                json: #"{"memberId":"m","channelId":"c","ttl":86400}"#,
                headers: ["Origin": "http://x"]
            )
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == .object(["stun": .object(["domain": .string("127.0.0.1"), "port": .integer(3478)])])
            )
            #expect(answer.headers["access-control-allow-origin"] == "*")
            #expect(try await server.http("POST", "/v1/ice-params", token: nil, json: "{}").status == 401)
        }
    }

    @Test("Signaling opens, answers connectivity checks and relays requests and responses between members")
    func signaling() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("createChannel", ["name": .string("p2p")])
                let channel = try #require(created["channel"]?["id"]?.string)
                let (a, b) = (try await rpc.join(channel, name: "a"), try await rpc.join(channel, name: "b"))
                let subprotocol = "SkyWayAuthToken!\(rpc.token)"
                let target = "/v1/ws?channelId=\(channel)&platform=javascript&memberId="
                try await server.withSocket(target + a, subprotocol: subprotocol) { first in
                    let first = JSONSocket(first)
                    #expect(first.connection.subprotocol == subprotocol)
                    #expect(try await first.receive()["event"] == .string("open"))
                    try await server.withSocket(target + b, subprotocol: subprotocol) { second in
                        let second = JSONSocket(second)
                        #expect(try await second.receive()["event"] == .string("open"))
                        try await relay(from: first, a, to: second, b)
                    }
                    #expect(
                        try await first.acknowledged(#"{"event":"checkConnectivity","eventId":"e3","payload":{}}"#)
                            == .object(["eventId": .string("e3"), "ok": .bool(true)])
                    )
                }
            }
        }
    }

    private func relay(from first: JSONSocket, _ a: String, to second: JSONSocket, _ b: String) async throws {
        let request = """
            {"event":"sendRequestSignalingMessage","eventId":"e1",
             "payload":{"dst":{"id":"\(b)","name":"b"},"data":{"chunk":"offer","offset":0}}}
            """
        #expect(try await first.acknowledged(request)["ok"] == .bool(true))
        let received = try await second.receive()
        #expect(received["event"] == .string("sendRequestSignalingMessage"))
        #expect(
            received["payload"]
                == .object([
                    "src": .object(["id": .string(a), "name": .string("a")]), "requestEventId": .string("e1"),
                    "data": .object(["chunk": .string("offer"), "offset": .integer(0)]),
                ])
        )
        let response = """
            {"event":"sendResponseSignalingMessage","eventId":"e2",
             "payload":{"dst":{"id":"\(a)"},"requestEventId":"e1","data":{}}}
            """
        #expect(try await second.acknowledged(response)["ok"] == .bool(true))
        #expect(try await first.receive()["payload"]?["requestEventId"] == .string("e1"))
    }

    @Test(
        "What signaling cannot relay is acknowledged with a reason",
        arguments: [
            (#""dst":{"id":"b3a5f6d2-9f0c-4a11-8c31-0a4f0c6f1d11"},"data":{}"#, "targetNotFound"),
            (#""dst":{"id":"not-a-uuid"},"data":{}"#, "parameterError"),
            (#""data":{}"#, "invalidPayload"),
        ]
    )
    func unrelayable(payload: String, reason: String) async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("createChannel")
                let channel = try #require(created["channel"]?["id"]?.string)
                let member = try await rpc.join(channel, name: "a")
                try await server.withSocket(
                    "/v1/ws?channelId=\(channel)&memberId=\(member)",
                    subprotocol: "SkyWayAuthToken!\(rpc.token)"
                ) { connection in
                    let socket = JSONSocket(connection)
                    _ = try await socket.receive()
                    let text = #"{"event":"sendRequestSignalingMessage","eventId":"e","payload":{\#(payload)}}"#
                    let acknowledgement = try await socket.acknowledged(text)
                    #expect(acknowledgement["ok"] == .bool(false) && acknowledgement["reason"] == .string(reason))
                    connection.send("nonsense")
                    let long =
                        #"{"event":"x","eventId":"l","payload":{"data":"\#(String(repeating: "x", count: 20_480))"}}"#
                    #expect(try await socket.acknowledged(long)["reason"] == .string("payloadLengthExceeded"))
                }
            }
        }
    }

    @Test("Analytics opens and acknowledges everything, or is refused at once with 4000", arguments: [false, true])
    func analytics(refuses: Bool) async throws {
        try await withLocalServer {
            $0.refusesAnalytics = refuses
        } _: { server in
            let token = "SkyWayAuthToken!\(try await server.token())"
            try await server.withSocket("/v2/client/ws?sdkPlatform=js", subprotocol: token) { connection in
                let socket = JSONSocket(connection)
                guard !refuses else {
                    await #expect(throws: RPCClient.Ended.self) { try await socket.receive() }
                    #expect(await connection.closed().code == 4000)
                    return
                }
                let open = try await socket.receive()
                #expect(open["type"] == .string("Open"))
                #expect(open["payload"]?["statsRequest"]?["intervalSec"] == .integer(5))
                // The SDK's reports of devices and settings are longer than anything else it says.
                let report = String(repeating: "x", count: 200_000)
                connection.send(#"{"id":"e1","type":"SdkLog","payload":{"log":"\#(report)"}}"#)
                let answer = try await socket.receive()
                #expect(answer["type"] == .string("Acknowledge"))
                #expect(answer["payload"] == .object(["eventId": .string("e1"), "ok": .bool(true)]))
            }
        }
    }
}

/// A socket that speaks JSON.
actor JSONSocket {
    nonisolated let connection: WebSocketConnection
    private var messages: WebSocketMessages.AsyncIterator

    init(_ connection: WebSocketConnection) {
        self.connection = connection
        messages = connection.messages.makeAsyncIterator()
    }

    func receive() async throws -> JSONValue {
        var iterator = messages
        let message = await iterator.next(isolation: self)
        messages = iterator
        guard case .text(let text)? = message else { throw RPCClient.Ended() }
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Sends a message and gives the payload of its acknowledgement, which comes before anything else here.
    func acknowledged(_ text: String) async throws -> JSONValue {
        connection.send(text)
        let answer = try await receive()
        guard answer["event"] == .string("acknowledge"), let payload = answer["payload"] else {
            throw RPCClient.Ended()
        }
        return payload
    }
}
