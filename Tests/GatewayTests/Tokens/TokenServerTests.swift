// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import SkyWay

@Suite("A token server of the user's", .timeLimit(.minutes(1)))
struct TokenServerTests {
    private static let purpose = TokenMinter.Purpose(
        channel: .name("studio"),
        memberName: "obs",
        mayCreateChannel: true
    )

    private static func token(_ appID: String = "A", member: String = "obs") async throws -> String {
        var purpose = purpose
        purpose.memberName = member
        let minter = TokenMinter(appID: appID, secret: Redacted("secret"))
        return try await minter.mint(for: purpose, lifetime: .seconds(600)).encoded.exposed
    }

    private static func supply(_ url: String, header: String? = nil, timeout: Duration = .seconds(20)) -> TokenSupply {
        var server = TokenServer.Configuration(url: url, header: header.flatMap { TokenServer.Header($0) })
        server.timeout = timeout
        let configuration = SkyWayConfiguration(tokens: .server(server, appID: "A"))
        return TokenSupply(purpose, configuration: configuration, clients: .init())
    }

    @Test("is told room, member and whether the room may be made, with its header")
    func question() async throws {
        let token = try await Self.token()
        try await StubService.run { _ in
            Response.json(#"{"authToken":"\#(token)"}"#)
        } _: { service, url in
            let supply = Self.supply(url + "skyway", header: "Authorization: Bearer hush")
            #expect(try await supply.first().encoded.exposed == token)
            let request = try #require(service.received.first)
            #expect(request.headers[.authorization] == "Bearer hush")
            #expect(request.headers[.contentType] == "application/json")
            let body = try JSONDecoder().decode([String: Either].self, from: Data(request.body.utf8))
            #expect(
                body == [
                    "roomName": .text("studio"), "channelName": .text("studio"), "memberName": .text("obs"),
                    "createRoom": .flag(true),
                ]
            )
        }
    }

    @Test("is told of what metadata are to be changed, where any are")
    func metadata() async throws {
        let token = try await Self.token()
        try await StubService.run { _ in
            Response.json(#"{"token":"\#(token)"}"#)
        } _: { service, url in
            var supply = Self.supply(url)
            supply.allow(updatesOf: .video)
            supply.allow(updatesOf: .member)
            _ = try await supply.first()
            let body = try #require(service.received.first?.body)
            #expect(body.contains(#""updateMetadata":["member","video"]"#), "\(body)")
        }
    }

    private enum Either: Decodable, Equatable {
        case text(String)
        case flag(Bool)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) {
                self = .flag(flag)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }

    @Test(
        "answers with a token, or with JSON that has one",
        arguments: ["TOKEN", "TOKEN\n", "\"TOKEN\"", #"{"token":"TOKEN"}"#, #"{"more":1,"authToken":"TOKEN"}"#]
    )
    func forms(form: String) async throws {
        let token = try await Self.token()
        try await StubService.run { _ in
            Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: form.replacing("TOKEN", with: token))))
        } _: { _, url in
            let taken = try await Self.supply(url).token()
            #expect(taken.encoded.exposed == token)
        }
    }

    @Test(
        "what is no token is told in a sentence",
        arguments: [
            (200, "", SkyWayError.Code.badResponse, "is no token"), (200, "{}", .badResponse, "\"authToken\""),
            (200, "<html>", .badResponse, "is no token"), (200, "{\"token\":1}", .badResponse, "\"authToken\""),
            (401, "", .tokenRefused, "SKYWAY_TOKEN_HEADER"), (403, "", .tokenRefused, "SKYWAY_TOKEN_HEADER"),
            (404, "", .invalidRequest, "SKYWAY_TOKEN_URL"), (302, "", .invalidRequest, "SKYWAY_TOKEN_URL"),
            (429, "", .rateLimited, "too many requests"), (500, "", .serviceFailure, "log"),
            (200, String(repeating: "a", count: 70_000), .badResponse, "64 KB"),
        ]
    )
    func failures(status: Int, body: String, code: SkyWayError.Code, advice: String) async throws {
        try await StubService.run { _ in
            Response(status: .init(code: status), body: .init(byteBuffer: ByteBuffer(string: body)))
        } _: { _, url in
            let error = await #expect(throws: SkyWayError.self) { try await Self.supply(url + "hush").token() }
            #expect(error?.code == code)
            #expect(error?.advice.contains(advice) == true, "\(error?.advice ?? "")")
            #expect(error?.description.contains("hush") == false)
        }
    }

    @Test(
        "a token that would not do is not taken",
        arguments: [
            ("B", "obs", SkyWayError.Code.tokenRefused, "SKYWAY_APP_ID"), ("A", "cam", .scopeMissing, "\"cam\""),
        ]
    )
    func wrongToken(appID: String, member: String, code: SkyWayError.Code, advice: String) async throws {
        let token = try await Self.token(appID, member: member)
        try await StubService.run { _ in
            Response.json(#"{"token":"\#(token)"}"#)
        } _: { _, url in
            let error = await #expect(throws: SkyWayError.self) { try await Self.supply(url).token() }
            #expect(error?.code == code && error?.service == .tokenServer)
            #expect(error?.advice.contains(advice) == true)
        }
    }

    @Test("one that does not answer is waited for no longer than its time, and asked once more")
    func silent() async throws {
        try await StubService.run { _ in
            try await Task.sleep(for: .seconds(60))
            return Response(status: .ok)
        } _: { service, url in
            let supply = Self.supply(url, timeout: .seconds(1))
            let error = await #expect(throws: SkyWayError.self) { try await supply.first() }
            #expect(error?.code == .timeout)
            #expect(service.received.count == 2)
        }
    }

    @Test("an answer that drips is waited for no longer either")
    func dripping() async throws {
        try await StubService.run { _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for _ in 0..<100 {
                        try await writer.write(ByteBuffer(string: "e"))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                    try await writer.finish(nil)
                }
            )
        } _: { _, url in
            let error = await #expect(throws: SkyWayError.self) {
                try await Self.supply(url, timeout: .milliseconds(300)).token()
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test("one that is not there is told as such")
    func notThere() async {
        let error = await #expect(throws: SkyWayError.self) { try await Self.supply("http://127.0.0.1:1/").first() }
        #expect(error?.code == .unreachable && error?.advice.contains("SKYWAY_TOKEN_URL") == true)
    }
}
