// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTKit
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

/// Who may publish by JSON Web Token, asked over HTTP on sockets.
@Suite("JSON Web Tokens", .timeLimit(.minutes(1)))
struct AccessTokenTests {
    /// The time of the tests.
    private static let now = 1_800_000_000

    private static func claims(_ edit: (inout TokenSigner.Claims) -> Void = { _ in }) -> TokenSigner.Claims {
        var claims = TokenSigner.Claims(sub: "anna", exp: now + 60, channel: "studio")
        edit(&claims)
        return claims
    }

    /// Runs a test against a gateway that knows the key of a signer, from a file.
    private func run(
        _ algorithm: String,
        _ setup: GatewaySetup = GatewaySetup(),
        _ test: @escaping @Sendable (GatewayFixture, TokenSigner, TemporaryFolder) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let signer = try await TokenSigner.make(algorithm, id: "first")
            try folder.write(try TokenSigner.keySet([signer.webKey]), to: "keys.json")
            var setup = setup
            let configure = setup.configure
            setup.configure = {
                $0.keySet = folder.file("keys.json")
                configure(&$0)
            }
            setup.now = { Date(timeIntervalSince1970: Double(Self.now)) }
            try await GatewayFixture.serve(setup) { gateway in try await test(gateway, signer, folder) }
        }
    }

    @Test("A token that is signed by a known key opens its room", arguments: ["HS256", "RS256", "ES256"])
    func right(algorithm: String) async throws {
        let links = BroadcastRegistryTests.Links()
        try await run(algorithm, GatewaySetup(connect: { request, _ in links.make(request) })) { gateway, signer, _ in
            let token = try await signer.sign(
                Self.claims {
                    $0.memberName = "stage"
                    $0.codecs = ["h264", "opus"]
                    $0.maximumBitrate = 2_000_000
                }
            )
            #expect(try await gateway.post(authorization: "Bearer \(token)").status == .created)
            #expect(try await gateway.post(to: "/whip", authorization: "Bearer \(token)").status == .created)
            #expect(try await gateway.post(to: "/whip/studio/\(token)").status == .created)
            #expect(links.all.map(\.request.channel) == Array(repeating: .name("studio"), count: 3))
            #expect(links.all.map(\.request.memberName) == ["stage", "stage", "stage"])
            // Another token of the same subject is the same publisher.
            let renewed = try await signer.sign(Self.claims { $0.exp = Self.now + 90 })
            #expect(try await gateway.post(authorization: "Bearer \(renewed)").status == .created)
            #expect(await gateway.registry.count == 1)
            let somebody = try await signer.sign(Self.claims { $0.sub = "ben" })
            #expect(try await gateway.post(authorization: "Bearer \(somebody)").status == .created)
            #expect(await gateway.registry.count == 2)
            try await gateway.post(to: "/whip/other", authorization: "Bearer \(token)")
                .expectRefusal(403, "channel-not-allowed")
        }
    }

    /// A claim that does not hold, and what the publisher is told.
    struct BadClaim: Sendable, CustomTestStringConvertible {
        var advice: String
        var edit: @Sendable (inout TokenSigner.Claims) -> Void
        var testDescription: String { advice }

        init(_ advice: String, _ edit: @escaping @Sendable (inout TokenSigner.Claims) -> Void) {
            self.advice = advice
            self.edit = edit
        }
    }

    private static let badClaims = [
        BadClaim("expired") { $0.exp = now - 31 }, BadClaim("no exp") { $0.exp = nil },
        BadClaim("not valid yet") { $0.nbf = now + 31 }, BadClaim("another issuer") { $0.iss = "elsewhere" },
        BadClaim("another issuer") { $0.iss = nil }, BadClaim("another audience") { $0.aud = "elsewhere" },
        BadClaim("another audience") { $0.aud = nil }, BadClaim("channel is neither") { $0.channel = "a room" },
        BadClaim("codecs has") { $0.codecs = ["h266"] }, BadClaim("maximumBitrate is not") { $0.maximumBitrate = 1 },
    ]

    @Test("Claims that don't hold are refused with what to do", arguments: badClaims)
    func claims(claim: BadClaim) async throws {
        try await run(
            "ES256",
            GatewaySetup(configure: {
                $0.tokenIssuer = "issuer"
                $0.tokenAudience = "gateway"
            })
        ) { gateway, signer, _ in
            let good = Self.claims {
                $0.iss = "issuer"
                $0.aud = "gateway"
                // Within what is allowed for clocks.
                $0.exp = Self.now - 29
                $0.nbf = Self.now + 29
            }
            #expect(try await gateway.post(authorization: "Bearer \(try await signer.sign(good))").status == .created)
            var bad = good
            claim.edit(&bad)
            let response = try await gateway.post(authorization: "Bearer \(try await signer.sign(bad))")
            try response.expectRefusal(401, "invalid-token")
            #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="whip", error="invalid_token""#)
            #expect(String(buffer: response.body).contains(claim.advice), "\(String(buffer: response.body))")
        }
    }

    @Test("A token of an unknown key, with a wrong signature, without one, or of another algorithm is refused")
    func signatures() async throws {
        try await run("RS256") { gateway, signer, _ in
            let token = try await signer.sign(Self.claims())
            let parts = token.split(separator: ".").map(String.init)
            let stranger = try await TokenSigner.make("ES256", id: "stranger")
            let impostor = try await TokenSigner.make("HS256", id: "first")
            func header(_ json: String) -> String { Data(json.utf8).base64URL }
            var critical = JWTHeader()
            critical.crit = ["b64"]
            let bad = [
                try await stranger.sign(Self.claims()), try await impostor.sign(Self.claims()),
                "\(parts[0]).\(parts[1]).\(parts[2].dropLast(4))AAAA", "\(parts[0]).\(parts[1]).",
                header(#"{"alg":"none"}"#) + ".\(parts[1]).",
                header(#"{"alg":"HS256","kid":"first"}"#) + ".\(parts[1]).\(parts[2])",
                "\(parts[0]).\(header("{}")).\(parts[2])", try await signer.sign(Self.claims(), header: critical),
            ]
            for token in bad {
                try await gateway.post(authorization: "Bearer \(token)").expectRefusal(401, "invalid-token")
            }
            let no = [
                "\(parts[0]).\(parts[1])", "a.b.c", "..", "e30.e30.e30",
                token + String(repeating: "A", count: 9_000),
            ]
            for token in no {
                try await gateway.post(authorization: "Bearer \(token)").expectRefusal(401, "unauthorized")
            }
            #expect(await gateway.registry.count == 0)
            #expect(try await gateway.post(authorization: "Bearer \(token)").status == .created)
        }
    }

    @Test("A new key set takes the place of the old one; one that is half written does not")
    func reload() async throws {
        try await run("ES256") { gateway, signer, folder in
            let second = try await TokenSigner.make("ES256", id: "second")
            let (old, new) = (try await signer.sign(Self.claims()), try await second.sign(Self.claims()))
            #expect(try await gateway.post(authorization: "Bearer \(old)").status == .created)
            try folder.write("{\"keys\": [", to: "keys.json")
            #expect(try await gateway.post(authorization: "Bearer \(old)").status == .created)
            try folder.write(try TokenSigner.keySet([second.webKey]), to: "keys.json")
            while try await gateway.post(authorization: "Bearer \(new)").status != .created {
                try await Task.sleep(for: .milliseconds(2))
            }
            try await gateway.post(authorization: "Bearer \(old)").expectRefusal(401, "invalid-token")
        }
    }

    @Test("A key set at an address is read again for a key that is new; symmetric keys are not taken from there")
    func address() async throws {
        let first = try await TokenSigner.make("ES256", id: "first")
        let second = try await TokenSigner.make("ES256", id: "second")
        let secret = try await TokenSigner.make("HS256", id: "secret")
        let set = Mutex(try TokenSigner.keySet([first.webKey, secret.webKey]))
        try await StubService.run { _ in
            .json(set.withLock { $0 })
        } _: { service, url in
            let client = SkyWayLink.Clients.sharedHTTP
            var configuration = AccessTokens.Configuration(keySet: url)
            configuration.retryInterval = .zero
            let tokens = AccessTokens(configuration, client: client, logger: WholePath.logger)
            try await tokens.start()
            let now = Date(timeIntervalSince1970: Double(Self.now))
            let token = BearerToken(try await first.sign(Self.claims()))
            #expect(try await tokens.grant(for: token, at: now)?.publisher == .subject("anna", issuer: ""))
            #expect(service.received.count == 1)
            let symmetric = BearerToken(try await secret.sign(Self.claims()))
            await #expect(throws: Refusal.invalidToken(.unknownKey)) { try await tokens.grant(for: symmetric, at: now) }
            set.withLock { $0 = (try? TokenSigner.keySet([second.webKey])) ?? "" }
            let fresh = BearerToken(try await second.sign(Self.claims()))
            #expect(try await tokens.grant(for: fresh, at: now) != nil)
            await #expect(throws: Refusal.invalidToken(.unknownKey)) { try await tokens.grant(for: token, at: now) }
            // What can't be read changes nothing.
            service.answer { _ in Response(status: .internalServerError) }
            await #expect(throws: Refusal.invalidToken(.unknownKey)) { try await tokens.grant(for: token, at: now) }
            #expect(try await tokens.grant(for: fresh, at: now) != nil)
        }
    }

    @Test("An address is not asked for every unknown key, and without any keys nobody can be judged")
    func unreachable() async throws {
        let signer = try await TokenSigner.make("ES256", id: "first")
        try await StubService.run { _ in
            Response(status: .notFound)
        } _: { service, url in
            let client = SkyWayLink.Clients.sharedHTTP
            let configuration = AccessTokens.Configuration(keySet: url)
            let tokens = AccessTokens(configuration, client: client, logger: WholePath.logger)
            try await tokens.start()
            let token = BearerToken(try await signer.sign(Self.claims()))
            for _ in 0..<5 {
                await #expect(throws: Refusal.authorizationUnavailable) {
                    try await tokens.grant(for: token, at: Date())
                }
            }
            #expect(service.received.count == 1)
        }
    }

    @Test(
        "A key set without a key that can be used is refused",
        arguments: [
            "", "[]", #"{"keys": []}"#, #"{"keys": [{"kty": "oct", "k": "c2hvcnQ"}]}"#,
            #"{"keys": [{"kty": "RSA", "n": "c2hvcnQ", "e": "AQAB"}]}"#,
            #"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}"#,
            #"{"keys": [{"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}]}"#,
        ]
    )
    func useless(text: String) async throws {
        await #expect(throws: InvalidKeySet.self) {
            try await AccessTokenKeySet(parsing: Data(text.utf8), allowsSecrets: true)
        }
    }
}
