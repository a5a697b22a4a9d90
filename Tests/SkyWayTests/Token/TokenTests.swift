// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import JWTKit
import SkyWay
import Testing

@Suite("Tokens (protocol page §1)")
struct TokenTests {
    private let minter = TokenMinter(appID: "8d89c0ae-8b95-47f8-b87d-7a0decce6887", secret: Redacted("s3cret/+="))

    private func mint(
        _ channel: ChannelReference,
        mayCreateChannel: Bool = false
    ) async throws -> AuthToken {
        let purpose = TokenMinter.Purpose(
            channel: channel,
            memberName: "obs-gateway",
            mayCreateChannel: mayCreateChannel,
            maximumSubscribers: 99
        )
        return try await minter.mint(for: purpose, issuedAt: 1_790_000_000, lifetime: .seconds(14_400))
    }

    private func claims(_ token: AuthToken) throws -> JSONValue {
        let part = try #require(token.encoded.exposed.split(separator: ".").dropFirst().first)
        return try JSONDecoder().decode(JSONValue.self, from: base64URL(part))
    }

    private func base64URL(_ text: Substring) throws -> Data {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return try #require(Data(base64Encoded: String(base64)))
    }

    @Test("a token for a named room allows just publishing there under one name")
    func leastPrivilege() async throws {
        let token = try await mint(.name("studio-1"))
        guard case .object(var members) = try claims(token), case .string(let jti)? = members["jti"] else {
            Issue.record("claims are no object")
            return
        }
        #expect(UUID(uuidString: jti) != nil)
        members["jti"] = nil
        #expect(
            members == [
                "iat": 1_790_000_000, "exp": 1_790_014_400, "version": 3,
                "scope": [
                    "appId": "8d89c0ae-8b95-47f8-b87d-7a0decce6887",
                    "analytics": ["enabled": false], "turn": ["enabled": false],
                    "rooms": [
                        [
                            "name": "studio-1", "methods": [],
                            "sfu": ["enabled": true, "maxSubscribersLimit": 99],
                            "member": ["name": "obs-gateway", "methods": ["publish"]],
                        ]
                    ],
                ],
            ]
        )
    }

    @Test("creating is allowed only when asked for, and only by name")
    func create() async throws {
        func methods(_ token: AuthToken) throws -> String { "\(try claims(token))" }
        let id = ChannelReference.id("4d4b5a52-8f0e-4f1a-9a52-0f6a3f0f7b11")
        #expect(try methods(try await mint(.name("a"), mayCreateChannel: true)).contains("create"))
        #expect(try !methods(try await mint(.name("a"))).contains("create"))
        #expect(try !methods(try await mint(id, mayCreateChannel: true)).contains("create"))
    }

    @Test(
        "the signature is HMAC-SHA256 by the secret as it is written, however short",
        arguments: [
            ("0Ql2dWqvPzE0a1mCkJ3W+U5nYw/xkq8h2QdGm4k1c7E=", ""),
            // Zeros behind a key do not change the code (RFC 2104 §2).
            ("s3cret/+=", String(repeating: "\0", count: 23)),
        ]
    )
    func signature(secret: String, padding: String) async throws {
        let minter = TokenMinter(appID: "A", secret: Redacted(secret))
        let purpose = TokenMinter.Purpose(channel: .name("studio-1"), memberName: "obs")
        let token = try await minter.mint(for: purpose, lifetime: .seconds(14_400))
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret + padding), digestAlgorithm: .sha256)
        let claims = try await keys.verify(token.encoded.exposed, as: TokenClaims<RoomScope>.self)
        #expect(claims.scope.rooms.first?.name == "studio-1")
        #expect(token.expiresAt - token.issuedAt == 14_400)
        #expect(token.appID == "A")
    }

    @Test("without a secret there is no token")
    func noSecret() async throws {
        let minter = TokenMinter(appID: "A", secret: Redacted(""))
        await #expect(throws: SkyWayError(.tokenRefused, .token)) {
            try await minter.mint(for: .init(channel: .name("a"), memberName: "b"), lifetime: .seconds(60))
        }
    }

    @Test("nothing that holds a token or secret prints it")
    func redaction() async throws {
        let token = try await mint(.name("studio-1"))
        let configuration = SkyWayConfiguration(appID: "a", secret: Redacted("s3cret/+="))
        for value in [token, minter, configuration] as [any Sendable] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in [dumped, "\(value)", String(reflecting: value)] {
                #expect(!text.contains("s3cret"))
                #expect(!text.contains(token.encoded.exposed))
            }
        }
    }

    private static let jti = #""jti":"5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11""#

    @Test(
        "tokens of others are read by version",
        arguments: [
            (#"{\#(jti),"iat":1,"exp":2,"version":3,"scope":{"appId":"A","rooms":[]}}"#, 3),
            (#"{\#(jti),"iat":1,"exp":2,"version":2,"scope":{"app":{"id":"A"}}}"#, 2),
            (#"{\#(jti),"iat":1.5,"exp":2.5,"scope":{"app":{"id":"A"},"more":1}}"#, 1),
        ]
    )
    func foreign(claims: String, version: Int) throws {
        let token = try AuthToken(decoding: UnsignedToken.encode(claims))
        #expect(token.version == version)
        #expect(token.appID == "A")
    }

    @Test(
        "what is no token is told why",
        arguments: [
            ("x", AuthToken.Flaw.notJWT),
            ("a.b", .notJWT),
            ("a.!!!.c", .notJWT),
            (UnsignedToken.encode("[]"), .notJSON),
            (UnsignedToken.encode(#"{"jti":"x","iat":1,"exp":2,"scope":{}}"#), .noUUID),
            (UnsignedToken.encode(#"{\#(jti),"iat":2,"exp":1,"scope":{"app":{"id":"A"}}}"#), .badTimes),
            (UnsignedToken.encode(#"{\#(jti),"iat":-1,"exp":1,"scope":{"app":{"id":"A"}}}"#), .badTimes),
            (
                UnsignedToken.encode(#"{\#(jti),"iat":1790000000000,"exp":1790000001000,"scope":{"app":{"id":"A"}}}"#),
                .badTimes
            ),
            (
                UnsignedToken.encode(#"{\#(jti),"iat":1,"exp":2,"version":4,"scope":{"app":{"id":"A"}}}"#),
                .unknownVersion
            ),
            (
                UnsignedToken.encode(#"{\#(jti),"iat":1,"exp":2,"version":3,"scope":{"app":{"id":"A"}}}"#),
                .noApplication
            ),
            (String(repeating: "a", count: 7169), .tooLong),
        ]
    )
    func flaws(text: String, flaw: AuthToken.Flaw) {
        #expect(throws: flaw) { try AuthToken(decoding: text) }
    }

    @Test(
        "a room is named by id or name",
        arguments: [
            ("4D4B5A52-8F0E-4F1A-9A52-0F6A3F0F7B11", ChannelReference.id("4d4b5a52-8f0e-4f1a-9a52-0f6a3f0f7b11")),
            ("studio-1", .name("studio-1")), ("a.b_c%*", .name("a.b_c%*")), ("*", nil), ("", nil), ("a b", nil),
            (String(repeating: "a", count: 129), nil),
        ]
    )
    func references(text: String, expected: ChannelReference?) {
        #expect(ChannelReference(text) == expected)
    }
}
