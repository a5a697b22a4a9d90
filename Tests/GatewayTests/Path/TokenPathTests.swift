// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import RTC
import RTCDriver
import SkyWayLocal
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("Tokens on the whole path", .serialized, .timeLimit(.minutes(2)))
struct TokenPathTests {
    private static let account = LocalApplication.development

    /// Publishes and watches; the numbers that arrive while `body` runs have no gap.
    private static func broadcast(
        on path: WholePath,
        while body: @escaping @Sendable () async throws -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await path.publish(in: "studio") }
            let (session, records) = try await path.watch("studio")
            let record = try #require(records[.video])
            await record.receives(20)
            try await body()
            await record.receives(50)
            let steps = zip(record.numbers, record.numbers.dropFirst()).map { $1 - $0 }
            #expect(steps.allSatisfy { $0 == 1 })
            await session.close()
            group.cancelAll()
        }
    }

    @Test("a token of either version carries a broadcast", arguments: TokenVersion.allCases)
    func versions(version: TokenVersion) async throws {
        try await WholePath.run {
            $0.skyWay.tokenVersion = version
        } _: { path in
            try await Self.broadcast(on: path)
        }
    }

    @Test("with SkyWay's clock 10 minutes off, a token of a minute carries a broadcast", arguments: [600, -600])
    func skewedClock(seconds: Int) async throws {
        try await WholePath.run {
            $0.skyWay.tokenLifetime = .seconds(60)
        } _: { path in
            try await path.fault(#"{"fault":"skew-clock","seconds":\#(seconds)}"#)
            try await Self.broadcast(on: path)
        }
    }

    @Test("when all tokens run out at once and the connection is lost, nobody sees it")
    func expired() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        try await WholePath.run(logger: lines.logger) { path in
            try await Self.broadcast(on: path) {
                try await path.fault(#"{"fault":"expire-tokens"}"#)
                try await path.fault(#"{"fault":"drop-sockets"}"#)
                for _ in 0..<400 where !lines.all.contains("Token renewed") {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
        #expect(lines.all.contains("Token renewed"))
        #expect(!lines.all.contains(Self.account.secret) && !lines.all.contains("eyJ"))
    }

    @Test("a token server in front of SkyWay carries a broadcast, and the secret is not there")
    func tokenServer() async throws {
        try await StubService.run { request in
            let question = try JSONDecoder().decode(Question.self, from: Data(request.body.utf8))
            let minter = TokenMinter(appID: Self.account.id, secret: Redacted(Self.account.secret))
            let purpose = TokenMinter.Purpose(
                channel: .name(question.roomName),
                memberName: question.memberName,
                mayCreateChannel: question.createRoom
            )
            let token = try await minter.mint(for: purpose, lifetime: .seconds(90))
            return Response.json(#"{"authToken":"\#(token.encoded.exposed)"}"#)
        } _: { service, url in
            try await WholePath.run {
                $0.skyWay.tokens = .server(TokenServer.Configuration(url: url), appID: nil)
            } _: { path in
                try await Self.broadcast(on: path)
            }
            #expect(service.received.count == 1)
        }
    }

    private struct Question: Decodable {
        var roomName: String
        var memberName: String
        var createRoom: Bool
    }

    @Test("a token that lacks something is told to the publisher in a sentence")
    func missingScope() async throws {
        let minter = TokenMinter(appID: Self.account.id, secret: Redacted(Self.account.secret))
        let purpose = TokenMinter.Purpose(channel: .name("studio"), memberName: "camera-1")
        let token = try await minter.mint(for: purpose, lifetime: .seconds(600))
        try await WholePath.run {
            $0.skyWay.tokens = .fixed(token)
        } _: { path in
            let url = "http://127.0.0.1:\(path.gatewayPort)/whip/studio"
            let response = try await path.request("POST", url, body: Offers.obs())
            #expect(response.status == 502)
            #expect(response.body.contains("skyway-scope-missing"))
            #expect(response.body.contains("SKYWAY_MEMBER_NAME"))
        }
    }
}
