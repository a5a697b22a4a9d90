// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("STUN and TURN servers that publishers are told of", .timeLimit(.minutes(1)))
struct ICEServersTests {
    private static let fixed = ICEServers.Credentials.fixed(username: "user", password: Redacted("myPassword"))
    private static let shared = ICEServers.Credentials.shared(secret: Redacted("north"), lifetime: .seconds(3600))

    @Test("Each server has a header of its own, in the form of RFC 9725's example")
    func links() throws {
        let servers = try #require(
            ICEServers(
                ["stun:stun.example.net", "turn:turn.example.net?transport=udp", "turns:turn.example.net:5349"],
                credentials: Self.fixed
            )
        )
        let credentials = #"; username="user"; credential="myPassword"; credential-type="password""#
        #expect(
            servers.links(for: "x") == [
                #"<stun:stun.example.net>; rel="ice-server""#,
                #"<turn:turn.example.net?transport=udp>; rel="ice-server""# + credentials,
                #"<turns:turn.example.net:5349>; rel="ice-server""# + credentials,
            ]
        )
    }

    /// As computed by `printf 1700003600:abcd1234 | openssl dgst -sha1 -hmac north -binary | base64`.
    @Test("Credentials of a session end, and are what a TURN server computes from the shared secret")
    func sharedSecret() throws {
        let servers = try #require(ICEServers(["turn:turn.example.net"], credentials: Self.shared))
        let links = servers.links(for: "abcd1234", at: Date(timeIntervalSince1970: 1_700_000_000))
        #expect(
            links == [
                #"<turn:turn.example.net>; rel="ice-server"; username="1700003600:abcd1234"; "#
                    + #"credential="/4akmfIrHIcH2OuVJwnttGqOA/o="; credential-type="password""#
            ]
        )
    }

    @Test("Each session has credentials of its own; they are on 201, and on OPTIONS of whoever may publish")
    func perSession() async throws {
        let setup = GatewaySetup(configure: {
            $0.bearerTokens = [Redacted("hush")]
            $0.whip.iceServers = ICEServers(["turn:turn.example.net"], credentials: Self.shared)
        })
        try await GatewayFixture.serve(setup) { gateway in
            let headers = ["Content-Type: application/sdp", "Authorization: Bearer hush"]
            var seen: Set<String> = []
            for _ in 0..<2 {
                let response = try await gateway.wire("POST", "/whip/studio", headers, body: Offers.obs())
                seen.insert(try #require(response["Link"]))
            }
            seen.insert(try #require(try await gateway.wire("OPTIONS", "/whip/studio", headers)["Link"]))
            #expect(seen.count == 3)
            // Not to strangers, and not to a browser that only asks whether it may.
            #expect(try await gateway.wire("OPTIONS", "/whip/studio").values("Link").isEmpty)
            let preflight = headers + ["Access-Control-Request-Method: POST"]
            #expect(try await gateway.wire("OPTIONS", "/whip/studio", preflight).values("Link").isEmpty)
        }
    }

    @Test(
        "What not every publisher could read is not taken",
        arguments: [
            ["http://turn.example.net"], ["turn:"], ["turn:a b"], ["stun:a?transport=udp"], ["turn:a?transport=sctp"],
            ["turn:a>; rel=x"], ["stun:a", ""], ["turn:a,turn:b"],
        ]
    )
    func badAddresses(addresses: [String]) {
        #expect(ICEServers(addresses, credentials: Self.fixed) == nil)
    }

    @Test("Neither are TURN servers without credentials, and such as OBS can't take apart")
    func badCredentials() {
        #expect(ICEServers(["turn:a"]) == nil)
        #expect(ICEServers(["stun:a"]) != nil)
        #expect(ICEServers(["turn:[2001:db8::1]:3478"], credentials: Self.fixed) != nil)
        for text in ["a,b", "a;b", "a\"b", "a b", "", "ä"] {
            let credentials = ICEServers.Credentials.fixed(username: "user", password: Redacted(text))
            #expect(ICEServers(["turn:a"], credentials: credentials) == nil, "\(text)")
        }
    }
}
