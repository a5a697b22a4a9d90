// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("Publishers that are sent elsewhere", .timeLimit(.minutes(1)))
struct RedirectTests {
    @Test("A POST is sent on with 307, its path and query, and reaches the other gateway, whose Location is whole")
    func followed() async throws {
        try await GatewayFixture.serve(
            GatewaySetup(configure: { $0.whip.publicOrigin = WebOrigin("http://there.example.com/") })
        ) { there in
            let address = "http://127.0.0.1:\(there.port)"
            let setup = GatewaySetup(configure: { $0.whip.redirect = WebOrigin(address) })
            try await GatewayFixture.serve(setup) { here in
                let first = try await here.wirePost(to: "/whip/studio?x=y")
                #expect(first.status == 307)
                #expect(first["Location"] == "\(address)/whip/studio?x=y")
                #expect(first["Access-Control-Allow-Origin"] == "*")
                #expect(await here.registry.count == 0)
                let target = try #require(first["Location"]).dropFirst(address.count)
                let second = try await there.wirePost(to: String(target))
                #expect(second.status == 201)
                // GStreamer joins a path to where it began, so that only a whole address leads back here.
                let location = try #require(second["Location"])
                #expect(location.hasPrefix("http://there.example.com/whip/sessions/"))
                let path = try #require(URL(string: location)).path
                #expect(try await there.wire("DELETE", path).status == 200)
            }
        }
    }

    @Test("Only who may publish is told where to, and what else there is stays")
    func guarded() async throws {
        let setup = GatewaySetup(configure: {
            $0.bearerTokens = [Redacted("hush")]
            $0.whip.redirect = WebOrigin("https://other.example.com")
        })
        try await GatewayFixture.serve(setup) { gateway in
            let refused = try await gateway.wirePost()
            #expect(refused.status == 401)
            #expect(refused.values("Location").isEmpty)
            #expect(try await gateway.wire("OPTIONS", "/whip/studio").status == 200)
            #expect(try await gateway.wire("GET", "/whip/studio").status == 204)
            #expect(try await gateway.wire("DELETE", "/whip/sessions/x").status == 404)
        }
    }

    @Test(
        "An address of HTTP is taken, without a slash at its end; anything else is not",
        arguments: [
            ("https://a.example", "https://a.example"), ("http://a.example:81/b//", "http://a.example:81/b"),
            ("https://[::1]:8443", "https://[::1]:8443"), ("ftp://a", nil), ("a.example", nil), ("https://", nil),
            ("https://a?b", nil), ("https://a#b", nil), ("https://u:p@a", nil), ("https://a b", nil),
            ("https://a\r\nX: y", nil), ("", nil),
        ]
    )
    func origins(text: String, expected: String?) {
        #expect(WebOrigin(text)?.text == expected)
    }
}
