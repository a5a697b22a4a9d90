// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Hummingbird
import Testing

@Suite("Problem documents and CORS", .timeLimit(.minutes(1)))
struct ProblemTests {
    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(
            middleware: CrossOriginMiddleware(methods: [.get, .post], exposed: [.location])
        )
        router.get("/fine") { _, _ in "fine" }
        router.on("/fine", method: .options) { _, _ in Response(status: .noContent, headers: [.acceptRanges: "none"]) }
        router.get("/problem") { _, _ -> String in
            throw Problem(
                .badGateway,
                type: "https://example.com/problems/sfu",
                title: "SFU failed",
                detail: "no answer",
                extensions: ["retryable": true]
            )
        }
        router.get("/broken") { _, _ -> String in throw CancellationError() }
        return router
    }

    private func get(_ target: String, method: String = "GET", headers: String = "") async throws -> String {
        let pass: WebSocketDecider = { _ in .pass }
        return try await withLoopbackServer(router: router(), decide: pass) { port in
            try await RawClient.exchange(
                port: port,
                "\(method) \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(headers)\r\n"
            )
        }
    }

    @Test("a thrown problem is sent with its media type and members, and CORS headers on it")
    func problem() async throws {
        let answer = try await get("/problem")
        #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
        #expect(answer.contains("Content-Type: application/problem+json\r\n"))
        #expect(answer.contains("Access-Control-Allow-Origin: *\r\n"))
        #expect(answer.contains("Access-Control-Expose-Headers: Location\r\n"))
        let body =
            #"{"detail":"no answer","retryable":true,"status":502,"title":"SFU failed","#
            + #""type":"https://example.com/problems/sfu"}"#
        #expect(answer.hasSuffix(body))
    }

    @Test("an unknown path and an unexpected error have CORS headers too", arguments: ["/none", "/broken"])
    func errors(target: String) async throws {
        #expect(try await get(target).contains("Access-Control-Allow-Origin: *\r\n"))
    }

    @Test("a preflight is answered, a plain OPTIONS reaches its route")
    func preflight() async throws {
        let preflight = try await get(
            "/problem",
            method: "OPTIONS",
            headers: "Origin: http://a\r\nAccess-Control-Request-Method: POST\r\n"
        )
        #expect(preflight.hasPrefix("HTTP/1.1 204"))
        #expect(preflight.contains("Access-Control-Allow-Methods: GET, POST\r\n"))
        #expect(preflight.contains("Access-Control-Allow-Headers: authorization, content-type\r\n"))
        let options = try await get("/fine", method: "OPTIONS")
        #expect(options.contains("Accept-Ranges: none\r\n"))
    }

    @Test(
        "content types are compared without parameters and case",
        arguments: [
            ("application/sdp", true), ("Application/SDP; charset=utf-8", true), (" application/sdp ;x=y", true),
            ("application/sdpx", false), ("text/plain; application/sdp", false), ("", false),
        ]
    )
    func mediaType(value: String, expected: Bool) {
        #expect(MediaType.matches(value, MediaType.sdp) == expected)
    }

    @Test("a missing content type matches nothing")
    func noMediaType() {
        #expect(!MediaType.matches(nil, MediaType.sdp))
    }
}
