// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("Refusals")
struct RefusalTests {
    /// A bad request and what it is told.
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var offer = Offers.obs()
        var path = "/whip/studio"
        var contentType: String? = "application/sdp"
        var status: Int
        var problem: String
        var testDescription: String { name }
    }

    struct Document: Decodable {
        var type: String
        var title: String
        var status: Int
        var detail: String
    }

    static let rows = [
        Row(
            name: "too long",
            offer: Offers.obs() + String(repeating: "a=x\r\n", count: 13_200),
            status: 413,
            problem: "body-too-large"
        ),
        Row(
            name: "too long and of the wrong type",
            offer: String(repeating: "x", count: 70_000),
            contentType: "text/plain",
            status: 413,
            problem: "body-too-large"
        ),
        Row(name: "wrong type", contentType: "application/json", status: 415, problem: "unsupported-media-type"),
        Row(name: "no type", contentType: nil, status: 415, problem: "unsupported-media-type"),
        Row(name: "no SDP", offer: "hello", status: 400, problem: "malformed-offer"),
        Row(name: "nothing", offer: "", status: 400, problem: "malformed-offer"),
        Row(
            name: "receiving",
            offer: Offers.obs(direction: "recvonly"),
            status: 422,
            problem: "inadmissible-direction"
        ),
        Row(
            name: "inactive",
            offer: Offers.obs(direction: "inactive"),
            status: 422,
            problem: "inadmissible-direction"
        ),
        Row(
            name: "no common codec",
            offer: Offers.obs(video: "H265/90000", fmtp: nil),
            status: 422,
            problem: "no-common-codec"
        ),
        Row(
            name: "H264 in mode 0",
            offer: Offers.obs(fmtp: "packetization-mode=0"),
            status: 422,
            problem: "no-common-codec"
        ),
        Row(name: "a room that can't be", path: "/whip/a%20room", status: 404, problem: "invalid-channel"),
        Row(name: "a reserved room", path: "/whip/sessions", status: 404, problem: "invalid-channel"),
        Row(name: "no room at all", path: "/whip", status: 404, problem: "channel-not-configured"),
        Row(name: "a bad offer for no room", offer: "hello", path: "/whip", status: 400, problem: "malformed-offer"),
    ]

    @Test("Each bad request is told by a problem document what is wrong", arguments: rows)
    func badRequests(row: Row) async throws {
        try await GatewayFixture.run { gateway in
            let response = try await gateway.post(row.offer, to: row.path, contentType: row.contentType)
            try response.expectRefusal(row.status, row.problem)
            // The answer may leave a moment before the broadcast does.
            while await gateway.registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test(
        "Each failure of SkyWay has a status and a type of its own",
        arguments: [
            (.unreachable, 502, "skyway-unreachable"), (.timeout, 504, "skyway-timeout"),
            (.tokenRefused, 502, "skyway-token-refused"), (.scopeMissing, 502, "skyway-scope-missing"),
            (.channelNotFound, 404, "channel-not-found"), (.memberNameTaken, 409, "member-name-taken"),
            (.limitReached, 503, "skyway-limit-reached"), (.rateLimited, 503, "skyway-rate-limited"),
            (.usageLimitReached, 502, "skyway-usage-limit-reached"), (.sfuFailure, 502, "skyway-sfu-failure"),
            (.serviceFailure, 502, "skyway-failure"), (.badResponse, 502, "skyway-failure"),
        ] as [(SkyWayError.Code, Int, String)]
    )
    func skyWayFailures(code: SkyWayError.Code, status: Int, problem: String) async throws {
        let link = FakeLink { _ in throw SkyWayError(code, .rtcAPI, detail: "internal words") }
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let response = try await gateway.post()
            try response.expectRefusal(status, problem)
            #expect(!String(buffer: response.body).contains("internal words"))
            while await gateway.registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(link.asked == ["open", "stop"])
        }
    }

    @Test("A SkyWay that does not answer is given up in time, and left")
    func slowSkyWay() async throws {
        let link = FakeLink { _ in
            try await Task.sleep(for: .seconds(3600))
            throw CancellationError()
        }
        try await GatewayFixture.run(
            GatewaySetup(
                edit: { $0.patience = .milliseconds(50) },
                connect: { _, _ in link }
            )
        ) { gateway in
            try await gateway.post().expectRefusal(504, "skyway-timeout")
            while await gateway.registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(link.asked == ["open", "stop"])
        }
    }

    @Test("More publishers than allowed are turned away until one leaves")
    func limit() async throws {
        try await GatewayFixture.run(GatewaySetup(edit: { $0.publisherLimit = 1 })) { gateway in
            let first = try await gateway.post()
            #expect(first.status == .created)
            let second = try await gateway.post()
            try second.expectRefusal(503, "too-many-publishers")
            #expect(second.headers[.retryAfter] == "5")
            let location = try #require(first.headers[.location])
            #expect(try await gateway.send(.delete, location).status == .ok)
            #expect(try await gateway.post().status == .created)
        }
    }

    @Test("A token is asked for where one is configured, and compared", arguments: [nil, "Bearer no", "Basic hush"])
    func token(authorization: String?) async throws {
        try await GatewayFixture.run(GatewaySetup(configure: { $0.bearerTokens = [Redacted("hush")] })) { gateway in
            let response = try await gateway.post(authorization: authorization)
            try response.expectRefusal(401, "unauthorized")
            let error = authorization == "Bearer no" ? ", error=\"invalid_token\"" : ""
            #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"whip\"" + error)
            #expect(try await gateway.post(authorization: "bearer hush").status == .created)
        }
    }

    @Test("All problems have types of their own or share them on purpose, and a sentence of advice")
    func table() {
        let codes = SkyWayError.Code.allCases.map { Refusal.skyWay(SkyWayError($0, .rtcAPI)).problem }
        for problem in codes {
            #expect(problem.type?.hasPrefix(Refusal.typePrefix) == true)
            #expect(problem.detail?.hasSuffix(".") == true)
            #expect(!problem.title.isEmpty)
        }
    }
}

extension TestResponse {
    /// Expects a problem document of this status and type, which pages of other origins may read.
    func expectRefusal(_ status: Int, _ problem: String) throws {
        #expect(self.status.code == status)
        #expect(headers[.contentType] == "application/problem+json")
        #expect(headers[.accessControlAllowOrigin] == "*")
        let document = try JSONDecoder().decode(RefusalTests.Document.self, from: Data(body.readableBytesView))
        #expect(document.type == Refusal.typePrefix + problem)
        #expect(document.status == status)
        #expect(!document.title.isEmpty)
        #expect(document.detail.hasSuffix("."))
    }
}
