// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §1.1.
@Suite struct TokenVerifierTests {
    private let clock = ManualClock()

    private func verify(_ text: String, allowingExpired: Bool = false) async -> Result<AuthToken, TokenError> {
        let verifier = await TokenVerifier(applications: [.development], clock: clock.clock)
        do {
            return .success(try await verifier.verify(text, allowingExpired: allowingExpired))
        } catch {
            return .failure(error)
        }
    }

    private func refusal(_ json: String, secret: String = LocalApplication.development.secret) async throws
        -> TokenError?
    {
        guard case .failure(let error) = await verify(try await TestTokens.sign(json, secret: secret)) else {
            return nil
        }
        return error
    }

    @Test("A token signed with the application's secret is taken")
    func valid() async throws {
        let token = try await verify(TestTokens.allowingEverything(issuedAt: clock.seconds)).get()
        #expect(token.appID == LocalApplication.development.id)
        #expect(token.allows(.createChannel, channel: ScopeTarget(name: "any")))
    }

    @Test("A version that is absent means 1")
    func absentVersion() async throws {
        let scope = #"{"app":{"id":"\#(TestTokens.appID)","channels":[]}}"#
        let text = try await TestTokens.sign(TestTokens.claims(scope: scope, version: nil))
        guard case .byActions(_, version: 1) = try await verify(text).get().scope else {
            Issue.record("not version 1")
            return
        }
    }

    @Test("Another secret, another application and another algorithm are refused")
    func signatures() async throws {
        let claims = TestTokens.claims(scope: TestTokens.everything)
        #expect(try await refusal(claims, secret: String(repeating: "x", count: 44)) == .badSignature)
        let foreign = #"{"appId":"\#(TestTokens.otherAppID)","rooms":[]}"#
        #expect(try await refusal(TestTokens.claims(scope: foreign)) == .unknownApplication)
        let parts = try await TestTokens.sign(claims).split(separator: ".")
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\(parts[1])."
        #expect(await verify(unsigned) == .failure(.wrongAlgorithm))
    }

    @Test(
        "Times are held to the service's rules",
        arguments: [
            (0, 3600, nil), (120, 3600, nil), (121, 3600, TokenError.issuedInFuture), (-3600, 3600, .expired),
            (-3600, 3601, nil), (0, 259_200, nil), (0, 259_201, .livesTooLong),
        ] as [(Int64, Int64, TokenError?)]
    )
    func times(issuedAfterNow: Int64, lifetime: Int64, expected: TokenError?) async throws {
        let claims = TestTokens.claims(
            scope: TestTokens.everything,
            issuedAt: clock.seconds + issuedAfterNow,
            lifetime: lifetime
        )
        #expect(try await refusal(claims) == expected)
    }

    @Test("A token that has run out is taken where old ones must be")
    func allowingExpired() async throws {
        let text = try await TestTokens.allowingEverything(issuedAt: clock.seconds)
        clock.advance(seconds: 4000)
        #expect(await verify(text) == .failure(.expired))
        #expect((try? await verify(text, allowingExpired: true).get()) != nil)
    }

    @Test(
        "Claims that do not fit the schema are refused",
        arguments: [
            TestTokens.claims(scope: TestTokens.everything, id: "not-a-uuid"),
            TestTokens.claims(scope: TestTokens.everything, version: 4),
            TestTokens.claims(scope: #"{"appId":"\#(TestTokens.appID)"}"#),
            TestTokens.claims(scope: #"{"appId":"\#(TestTokens.appID)","rooms":[{"methods":[]}]}"#),
            TestTokens.claims(scope: TestTokens.everything, version: 2),
            #"{"jti":"5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11"}"#,
        ]
    )
    func malformed(claims: String) async throws {
        #expect(try await refusal(claims) == .malformed)
    }

    @Test("Text that is no token is refused, and so is one of more than 7 KB")
    func nonsense() async {
        #expect(await verify("") == .failure(.malformed))
        #expect(await verify("a.b.c") == .failure(.malformed))
        #expect(await verify(String(repeating: "a", count: 7 * 1024 + 1)) == .failure(.tooLong))
    }

    @Test("An application needs a UUID and a secret of 32 bytes")
    func applications() {
        #expect(throws: LocalApplicationError.idIsNotUUID) {
            try LocalApplication(id: "x", secret: String(repeating: "s", count: 32))
        }
        #expect(throws: LocalApplicationError.secretIsTooShort) {
            try LocalApplication(id: TestTokens.appID, secret: "short")
        }
        #expect(Identifier.isUUID(LocalApplication.development.id))
    }
}
