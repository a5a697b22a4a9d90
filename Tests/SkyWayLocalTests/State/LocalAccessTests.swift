// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import SkyWayLocal

@Suite("Who may use /local and /studio")
struct LocalAccessTests {
    /// A request and what it is answered with.
    struct Attempt: Sendable, CustomTestStringConvertible {
        var method = HTTPRequest.Method.get
        var path = "/local/state"
        var authority = "127.0.0.1:8081"
        var headers: HTTPFields = [:]
        var status: HTTPResponse.Status

        var testDescription: String { "\(method) \(authority)\(path) \(headers)" }
    }

    private static func expect(_ attempt: Attempt, host: String = "127.0.0.1", localAPI: Bool = false) {
        var configuration = SkyWayLocalConfiguration()
        configuration.host = host
        configuration.localAPI = localAPI
        let head = HTTPRequest(
            method: attempt.method,
            scheme: "http",
            authority: attempt.authority,
            path: attempt.path,
            headerFields: attempt.headers
        )
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        let refusal =
            LocalAccess.covers(request.uri.path) ? LocalAccess(configuration).refusal(of: request) : nil
        #expect(refusal?.status ?? .ok == attempt.status)
    }

    @Test(
        "On loopback, what comes from this machine passes, and no page of another site",
        arguments: [
            Attempt(status: .ok),
            Attempt(path: "/studio", authority: "localhost:8081", status: .ok),
            Attempt(authority: "[::1]:8081", status: .ok),
            Attempt(authority: "attacker.example:8081", status: .misdirectedRequest),
            Attempt(path: "//local/state", authority: "attacker.example:8081", status: .misdirectedRequest),
            Attempt(path: "/studio?x", authority: "attacker.example", status: .misdirectedRequest),
            Attempt(path: "/v4/bots", authority: "attacker.example", status: .ok),
            Attempt(headers: [.origin: "http://127.0.0.1:8081"], status: .ok),
            Attempt(headers: [.origin: "http://127.0.0.1:8080"], status: .forbidden),
            Attempt(headers: [.origin: "http://attacker.example"], status: .forbidden),
            Attempt(method: .delete, headers: [.origin: "null"], status: .forbidden),
            Attempt(method: .post, status: .unsupportedMediaType),
            Attempt(method: .post, headers: [.contentType: "text/plain"], status: .unsupportedMediaType),
            Attempt(method: .post, headers: [.contentType: "application/json; charset=utf-8"], status: .ok),
            Attempt(
                method: .post,
                headers: [.contentType: "application/json", .origin: "https://attacker.example"],
                status: .forbidden
            ),
        ]
    )
    func loopback(attempt: Attempt) {
        Self.expect(attempt)
        Self.expect(attempt, host: "localhost")
    }

    @Test("Elsewhere it is off, as if it were not there", arguments: ["0.0.0.0", "::", "192.0.2.1", "sky.example"])
    func elsewhere(host: String) {
        Self.expect(Attempt(status: .notFound), host: host)
        Self.expect(Attempt(path: "/v4/bots", status: .ok), host: host)
    }

    @Test("Switched on it is there for every name of the server, and still not for other sites")
    func switchedOn() {
        let host = "0.0.0.0"
        Self.expect(Attempt(authority: "sky.example", status: .ok), host: host, localAPI: true)
        Self.expect(
            Attempt(headers: [.origin: "http://attacker.example"], status: .forbidden),
            host: host,
            localAPI: true
        )
    }

    @Test("The real server gives these paths no CORS headers, and others theirs")
    func crossOrigin() async throws {
        try await withLocalServer { server in
            let foreign = try await server.http(
                "GET",
                "/local/none",
                token: nil,
                headers: ["Origin": "http://attacker.example"]
            )
            #expect(foreign.status == 403)
            for (path, isOffered) in [("/local/none", false), ("/studio/none", false), ("/v4/none", true)] {
                let plain = try await server.http("GET", path, token: nil)
                #expect(plain.status == 404)
                #expect((plain.headers["access-control-allow-origin"] == "*") == isOffered, "\(path)")
                let preflight = try await server.http(
                    "OPTIONS",
                    path,
                    token: nil,
                    headers: ["Access-Control-Request-Method": "POST", "Origin": "http://attacker.example"]
                )
                #expect((preflight.headers["access-control-allow-origin"] == "*") == isOffered, "\(path)")
            }
        }
    }
}
