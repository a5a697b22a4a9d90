// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §5.3: one test for each thing that analytics do.
@Suite(.timeLimit(.minutes(1))) struct AnalyticsRowTests {
    private func withAnalytics(
        refuses: Bool = false,
        scope: String = TestTokens.everything,
        _ body: @Sendable (JSONSocket) async throws -> Void
    ) async throws {
        try await withLocalServer {
            $0.refusesAnalytics = refuses
        } _: { server in
            let subprotocol = "SkyWayAuthToken!\(try await server.token(scope: scope))"
            let target = "/v2/client/ws?sdkPlatform=js&sdkVersion=2.5.0&contextId=x"
            try await server.withSocket(target, subprotocol: subprotocol) { try await body(JSONSocket($0)) }
        }
    }

    @Test("§5.3 open: comes first and asks for statistics at an interval that is not zero")
    func opening() async throws {
        try await withAnalytics { socket in
            let open = try await socket.receive()
            #expect(
                try JSONShape(
                    #"{"type":"Open","id":"<string>","payload":{"statsRequest":{"intervalSec":5,"types":[]}}}"#
                ).differences(from: open) == []
            )
        }
    }

    @Test("§5.3 acknowledge: answers each event, however long, and says invalidPayload where it has no type")
    func acknowledgement() async throws {
        try await withAnalytics { socket in
            _ = try await socket.receive()
            // The SDK's reports of devices and settings are longer than anything else it says.
            let report = String(repeating: "x", count: 200_000)
            socket.connection.send(#"{"id":"e1","type":"SdkLog","payload":{"log":"\#(report)"}}"#)
            let shape = #"{"type":"Acknowledge","id":"<string>","payload":{"eventId":"e1","ok":true}}"#
            #expect(try JSONShape(shape).differences(from: try await socket.receive()) == [])
            socket.connection.send(#"{"id":"e2","payload":{}}"#)
            #expect(
                try await socket.receive()["payload"] == ["eventId": "e2", "ok": false, "reason": "invalidPayload"]
            )
        }
    }

    @Test("§5.3 refusal: closes at once with 4000 where analytics are refused, or off in the token")
    func refusal() async throws {
        let off = #"{"appId":"\#(TestTokens.appID)","analytics":{"enabled":false},"rooms":[]}"#
        for (refuses, scope) in [(true, TestTokens.everything), (false, off)] {
            try await withAnalytics(refuses: refuses, scope: scope) { socket in
                await #expect(throws: RPCClient.Ended.self) { try await socket.receive() }
                #expect(await socket.connection.closed().code == 4000)
            }
        }
    }
}
