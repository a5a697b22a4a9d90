// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Testing

@testable import Gateway
@testable import SkyWay

/// Every answer that a WHIP server gives, as it is on the wire.
@Suite("The matrix of responses, over raw sockets", .timeLimit(.minutes(1)))
struct ResponseMatrixTests {
    /// A request, and what it is answered.
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var setup: @Sendable () -> GatewaySetup = { GatewaySetup() }
        var method: String
        var path: String
        var headers: [String] = []
        var body: String?
        var status: Int
        var problem: String?
        /// Headers that the answer has, and with which value.
        var has: [String: String] = [:]
        /// Headers that the answer does not have.
        var lacks: [String] = []
        var testDescription: String { name }
    }

    static let sdp = "Content-Type: application/sdp"

    @Test("Endpoints", arguments: endpointRows + refusalRows)
    func endpoint(row: Row) async throws {
        try await GatewayFixture.serve(row.setup()) { gateway in
            Self.expect(try await gateway.wire(row.method, row.path, row.headers, body: row.body), row)
        }
    }

    @Test("Sessions", arguments: sessionRows)
    func session(row: Row) async throws {
        try await GatewayFixture.serve(row.setup()) { gateway in
            let created = try await gateway.wirePost()
            let path = row.path.replacing("{session}", with: try #require(created["Location"]))
            let tag = try #require(created["ETag"])
            let headers = row.headers.map { $0.replacing("{etag}", with: tag) }
            let response = try await gateway.wire(row.method, path, headers, body: row.body)
            Self.expect(response, row)
            #expect(response["ETag"] != tag)
            // Whatever was refused, the session goes on; only a DELETE that was taken ends it.
            let isOver = row.method == "DELETE" && row.status == 200
            #expect(await gateway.registry.count == (isOver ? 0 : 1))
        }
    }

    @Test("A token that publishes anew takes the session's place")
    func takeover() async throws {
        try await GatewayFixture.serve { gateway in
            let headers = [Self.sdp, "Authorization: Bearer key"]
            let first = try await gateway.wire("POST", "/whip/studio", headers, body: Offers.obs())
            let second = try await gateway.wire("POST", "/whip/studio", headers, body: Offers.obs())
            #expect(first.status == 201 && second.status == 201)
            let (old, new) = (try #require(first["Location"]), try #require(second["Location"]))
            #expect(try await gateway.wire("GET", old).status == 404)
            #expect(try await gateway.wire("DELETE", old).status == 404)
            #expect(try await gateway.wire("GET", new).status == 204)
        }
    }

    private static func expect(_ response: RawResponse, _ row: Row) {
        #expect(response.status == row.status, "\(response.body)")
        #expect(response.problem == row.problem)
        for (name, value) in row.has { #expect(response[name] == value, "\(name)") }
        for name in row.lacks { #expect(response.values(name).isEmpty, "\(name)") }
        #expect(response["Access-Control-Allow-Origin"] == "*")
        if row.status == 201 {
            // Old clients look for this spelling, and for the space.
            #expect(response.headers.contains { $0.hasPrefix("Location: /whip/sessions/") })
            #expect(response["ETag"]?.wholeMatch(of: /"[0-9a-z]+"/) != nil)
            #expect(response.body.hasPrefix("v=0\r\n"))
        }
        if row.problem != nil {
            #expect(response.body.contains(#""title":""#) && response.body.contains(#""detail":""#))
        }
        if row.status == 204 || row.method == "HEAD" { #expect(response.body.isEmpty) }
    }
}

extension ResponseMatrixTests {
    static let token: @Sendable () -> GatewaySetup = {
        GatewaySetup(configure: { $0.bearerTokens = [Redacted("hush")] })
    }

    static let strict: @Sendable () -> GatewaySetup = {
        GatewaySetup(configure: { $0.whip.isStrict = true })
    }

    static let redirect: @Sendable () -> GatewaySetup = {
        GatewaySetup(configure: { $0.whip.redirect = WebOrigin("https://other.example.com:8443/base/") })
    }

    static func skyWay(_ code: SkyWayError.Code) -> @Sendable () -> GatewaySetup {
        { GatewaySetup(connect: { _, _ in FakeLink { _ in throw SkyWayError(code, .rtcAPI, detail: "") } }) }
    }

    static let slow: @Sendable () -> GatewaySetup = {
        GatewaySetup(
            edit: { $0.patience = .milliseconds(50) },
            connect: { _, _ in
                FakeLink { _ in
                    try await Task.sleep(for: .seconds(3600))
                    throw CancellationError()
                }
            }
        )
    }
}
