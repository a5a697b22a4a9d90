// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RTC
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("WHIP resources")
struct WHIPResourceTests {
    @Test("An offer is answered by 201 with the session's address, its tag and the answer")
    func created() async throws {
        try await GatewayFixture.run { gateway in
            let response = try await gateway.post()
            #expect(response.status == .created)
            #expect(response.headers[.contentType] == "application/sdp")
            let location = try #require(response.headers[.location])
            let uuid = /\/whip\/sessions\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
            #expect(location.wholeMatch(of: uuid) != nil)
            let tag = try #require(response.headers[.eTag])
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 2)
            #expect(
                response.headers[.accessControlExposeHeaders]
                    == "Location, ETag, Link, Retry-After, Accept-Patch, Access-Control-Allow-Methods"
            )
            let answer = String(buffer: response.body)
            #expect(answer.hasPrefix("v=0\r\n"))
            #expect(answer.contains("a=setup:passive\r\n"))
            #expect(answer.contains("a=ice-lite\r\n"))
            #expect(answer.contains("a=recvonly\r\n"))
        }
    }

    @Test("The name of the Location header is written as old clients look for it")
    func canonicalLocation() {
        #expect(HTTPField.Name.location.rawName == "Location")
    }

    @Test("A session can be looked at and ended once, and is unknown afterwards")
    func deleted() async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let location = try #require(try await gateway.post().headers[.location])
            #expect(try await gateway.send(.get, location).status == .noContent)
            let response = try await gateway.send(.delete, location)
            #expect(response.status == .ok)
            #expect(response.body.readableBytes == 0)
            #expect(link.asked.last == "stop")
            #expect(try await gateway.send(.delete, location).status == .notFound)
            #expect(try await gateway.send(.get, location).status == .notFound)
            #expect(await gateway.registry.count == 0)
        }
    }

    @Test("SkyWay is asked in order: the SFU knows our certificate before it is checked, audio comes first")
    func order() async throws {
        let link = FakeLink()
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let response = try await gateway.post()
            #expect(response.status == .created)
            while link.asked.count < 4 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(link.asked == ["open", "connect transport", "produce audio", "produce video"])
        }
    }

    @Test("Endpoints say what they take", arguments: ["/whip", "/whip/studio"])
    func endpoints(path: String) async throws {
        try await GatewayFixture.run { gateway in
            let options = try await gateway.send(.options, path)
            #expect(options.status == .ok)
            #expect(options.headers[.allow] == "POST, GET, HEAD, OPTIONS")
            #expect(options.headers.first { $0.name.canonicalName == "accept-post" }?.value == "application/sdp")
            let get = try await gateway.send(.get, path)
            #expect(get.status == .noContent)
            #expect(get.body.readableBytes == 0)
        }
    }

    @Test("Pages of other origins may publish", arguments: ["/whip", "/whip/studio", "/whip/sessions/x"])
    func preflight(path: String) async throws {
        try await GatewayFixture.run(GatewaySetup(configure: { $0.bearerTokens = [Redacted("hush")] })) { gateway in
            let response = try await gateway.send(
                .options,
                path,
                headers: [
                    .origin: "https://example.com", .accessControlRequestMethod: "POST",
                    .accessControlRequestHeaders: "authorization,content-type",
                ]
            )
            #expect(response.status == .ok)
            #expect(response.headers[.accessControlAllowOrigin] == "*")
            #expect(response.headers[.accessControlAllowMethods] == "GET, HEAD, POST, PATCH, DELETE, OPTIONS")
            let standard = "authorization, content-type, if-match, etag, link, "
            let metadata =
                "x-skyway-metadata-channel, x-skyway-metadata, x-skyway-metadata-audio, x-skyway-metadata-video"
            #expect(response.headers[.accessControlAllowHeaders] == standard + metadata)
        }
    }

    @Test(
        "Other methods are refused with those that there are",
        arguments: [
            ("/whip", HTTPRequest.Method.put, WHIPController.endpointMethods),
            ("/whip/studio", .patch, WHIPController.endpointMethods),
            ("/whip/studio", .delete, WHIPController.endpointMethods),
            ("/whip/sessions/x", .put, WHIPController.sessionMethods),
            ("/whip/sessions/x", .post, WHIPController.sessionMethods),
        ]
    )
    func methods(path: String, method: HTTPRequest.Method, allowed: String) async throws {
        try await GatewayFixture.run { gateway in
            let response = try await gateway.send(method, path)
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers[.allow] == allowed)
        }
    }

    @Test("Ids and names of rooms are told apart; the configured room serves the plain endpoint")
    func channels() async throws {
        let seen = Mutex<[ChannelReference]>([])
        try await GatewayFixture.run(
            GatewaySetup(
                configure: { $0.channel = .name("default") },
                connect: { request, _ in
                    seen.withLock { $0.append(request.channel) }
                    return FakeLink()
                }
            )
        ) { gateway in
            for path in ["/whip", "/whip/a-b.c", "/whip/5F0E6F0E-2A52-4A0A-9C0B-1C7C5F0D7C11"] {
                let response = try await gateway.post(to: path)
                #expect(response.status == .created)
            }
            #expect(
                seen.withLock { $0 }
                    == [.name("default"), .name("a-b.c"), .id("5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11")]
            )
        }
    }
}
