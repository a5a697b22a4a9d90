// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §5.2: one test for each thing that signaling does.
@Suite(.timeLimit(.minutes(1))) struct SignalingRowTests {
    /// A channel with members `$M` and `$V` and a signaling socket of each.
    private func withSockets(
        _ body: @Sendable (Stage, JSONSocket, JSONSocket) async throws -> Void
    ) async throws {
        try await withStage(.watched) { stage in
            try await Self.open("$M", stage) { first in
                try await Self.open("$V", stage) { second in try await body(stage, first, second) }
            }
        }
    }

    private static func open(
        _ letter: String,
        _ stage: Stage,
        token: String? = nil,
        _ body: @Sendable (JSONSocket) async throws -> Void
    ) async throws {
        // Values are not URL-encoded, and a name may hold what looks like an encoding.
        let target = "/v1/ws?channelId=$C&channelName=100%&memberId=\(letter)&platform=javascript&version=1.0.4"
        let subprotocol = "SkyWayAuthToken!\(token ?? stage.rpc.token)"
        try await stage.server.withSocket(stage.fill(target), subprotocol: subprotocol) { connection in
            let socket = JSONSocket(connection)
            try stage.expect(try await socket.receive(), #"{"event":"open","eventId":"<string>","payload":{}}"#)
            try await body(socket)
        }
    }

    @Test("§5.2 open: is the first message, with an eventId")
    func opening() async throws {
        try await withSockets { _, _, _ in }
    }

    @Test("§5.2 checkConnectivity: is acknowledged")
    func checkConnectivity() async throws {
        try await withSockets { stage, first, _ in
            first.connection.send(#"{"event":"checkConnectivity","eventId":"e","payload":{}}"#)
            try stage.expect(
                try await first.receive(),
                #"{"event":"acknowledge","eventId":"<uuid>","payload":{"eventId":"e","ok":true}}"#
            )
        }
    }

    @Test("§5.2 relay: a request reaches the member it is for with src, and the response comes back")
    func relay() async throws {
        try await withSockets { stage, first, second in
            let request = """
                {"event":"sendRequestSignalingMessage","eventId":"e1","payload":{"dst":{"id":"$V","name":"viewer"},
                 "data":{"type":"signalingMessage","length":0,"offset":0,"chunk":"{}","id":"x"}}}
                """
            try stage.expect(try await first.acknowledged(stage.fill(request)), #"{"eventId":"e1","ok":true}"#)
            try stage.expect(
                try await second.receive(),
                """
                {"event":"sendRequestSignalingMessage","eventId":"<uuid>",
                 "payload":{"src":{"id":"$M","name":"obs"},"requestEventId":"e1",
                  "data":{"type":"signalingMessage","length":0,"offset":0,"chunk":"{}","id":"x"}}}
                """
            )
            let response = """
                {"event":"sendResponseSignalingMessage","eventId":"e2",
                 "payload":{"dst":{"id":"$M"},"requestEventId":"e1","data":{}}}
                """
            try stage.expect(try await second.acknowledged(stage.fill(response)), #"{"eventId":"e2","ok":true}"#)
            try stage.expect(
                try await first.receive(),
                """
                {"event":"sendResponseSignalingMessage","eventId":"<uuid>",
                 "payload":{"src":{"id":"$V","name":"viewer"},"requestEventId":"e1","data":{}}}
                """
            )
        }
    }

    @Test("§5.2 relay: a source without a name has no name, not null")
    func namelessSource() async throws {
        try await withStage(.watched) { stage in
            var stage = stage
            let person = #"{"channelId":"$C","type":"Person","subtype":"Person"}"#
            try stage.name("N", try await stage.call("addMember", person)["memberId"]?.string)
            try await Self.open("$N", stage) { [stage] first in
                try await Self.open("$V", stage) { second in
                    let request =
                        #"{"event":"sendRequestSignalingMessage","eventId":"e","payload":{"dst":{"id":"$V"},"data":{}}}"#
                    _ = try await first.acknowledged(stage.fill(request))
                    #expect(try await second.receive()["payload"]?["src"] == ["id": .string(stage.fill("$N"))])
                }
            }
        }
    }

    @Test("§5.2 updateSkyWayAuthToken: a good token is acknowledged, another is permissionError")
    func updateToken() async throws {
        try await withSockets { stage, first, _ in
            func update(_ payload: String) -> String {
                #"{"event":"updateSkyWayAuthToken","eventId":"e","payload":{\#(payload)}}"#
            }
            let taken = try await first.acknowledged(update(#""token":"\#(stage.rpc.token)""#))
            try stage.expect(taken, #"{"eventId":"e","ok":true}"#)
            let refused = try await first.acknowledged(update(#""token":"a.b.c""#))
            try stage.expect(refused, #"{"eventId":"e","ok":false,"reason":"permissionError"}"#)
            let missing = try await first.acknowledged(update(""))
            try stage.expect(missing, #"{"eventId":"e","ok":false,"reason":"invalidPayload"}"#)
        }
    }

    @Test("§5.2 acknowledge: says targetNotFound, parameterError, invalidPayload or payloadLengthExceeded")
    func refusals() async throws {
        try await withStage(.watched) { stage in
            try await Self.open("$M", stage) { first in
                let rows = [
                    (#""dst":{"id":"$V"},"data":{}"#, "targetNotFound"),
                    (#""dst":{"id":"b3a5f6d2-9f0c-4a11-8c31-0a4f0c6f1d11"},"data":{}"#, "targetNotFound"),
                    (#""dst":{"id":"not-a-uuid"},"data":{}"#, "parameterError"),
                    (#""dst":{"id":7},"data":{}"#, "invalidPayload"), (#""data":{}"#, "invalidPayload"),
                    (#""dst":{"id":"$V"}"#, "invalidPayload"),
                    (#""dst":{"id":"$V"},"data":"text""#, "invalidPayload"),
                ]
                for (payload, reason) in rows {
                    let text = #"{"event":"sendRequestSignalingMessage","eventId":"e","payload":{\#(payload)}}"#
                    let acknowledged = try await first.acknowledged(stage.fill(text))
                    try stage.expect(acknowledged, #"{"eventId":"e","ok":false,"reason":"\#(reason)"}"#)
                }
                let unknown = try await first.acknowledged(#"{"event":"dance","eventId":"e"}"#)
                #expect(unknown["reason"] == "invalidPayload")
            }
        }
    }

    @Test("§5.2 acknowledge: 20480 characters of JSON are taken, one more is payloadLengthExceeded")
    func length() async throws {
        try await withSockets { stage, first, second in
            func request(_ length: Int) -> String {
                let head = stage.fill(
                    #"{"event":"sendRequestSignalingMessage","eventId":"e","payload":{"dst":{"id":"$V"},"data":{"chunk":""#
                )
                // Two bytes, but one character as JavaScript counts them.
                return head + String(repeating: "é", count: length - head.count - 4) + #""}}}"#
            }
            let taken = request(20_480)
            #expect(taken.utf16.count == 20_480)
            let outcome = try await first.acknowledged(taken)
            #expect(outcome["ok"] == true)
            let received = try await second.receive()
            #expect(received["event"] == "sendRequestSignalingMessage")
            let refused = try await first.acknowledged(request(20_481))
            #expect(refused["reason"] == "payloadLengthExceeded")
        }
    }

    @Test("§5.2 membership: who has left reaches nobody and is not reached")
    func membership() async throws {
        try await withSockets { stage, first, second in
            try await stage.call("removeMember", #"{"channelId":"$C","id":"$V"}"#)
            func request(_ letter: String) -> String {
                stage.fill(
                    #"{"event":"sendRequestSignalingMessage","eventId":"e","payload":{"dst":{"id":"\#(letter)"},"data":{}}}"#
                )
            }
            #expect(try await first.acknowledged(request("$V"))["reason"] == "targetNotFound")
            #expect(try await second.acknowledged(request("$M"))["reason"] == "permissionError")
        }
    }

    @Test("§5.2 permission: a token without signal, or for no member of the channel, opens no socket")
    func permission() async throws {
        try await withStage(.watched) { stage in
            let scope = """
                {"app":{"id":"$A","channels":[{"id":"*","actions":["read"],
                 "members":[{"id":"*","actions":["create"]}]}]}}
                """
            let token = try await stage.server.token(scope: stage.fill(scope), version: 2)
            await #expect(throws: WebSocketOpenError.self) {
                try await Self.open("$M", stage, token: token) { _ in }
            }
            await #expect(throws: WebSocketOpenError.self) { try await Self.open("$P", stage) { _ in } }
        }
    }
}
