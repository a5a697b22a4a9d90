// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWay

@Suite("What a token lacks")
struct TokenReviewTests {
    private static let purpose = TokenMinter.Purpose(
        channel: .name("studio-1"),
        memberName: "obs",
        mayCreateChannel: true,
        maximumSubscribers: 50
    )

    @Test(
        "what is made here lacks nothing, in either version, whatever asterisks the names have",
        arguments: TokenVersion.allCases,
        [("studio-1", "obs"), ("a*b", "**x*"), ("4d4b5a52-8f0e-4f1a-9a52-0f6a3f0f7b11", "whip-1")]
    )
    func minted(version: TokenVersion, names: (room: String, member: String)) async throws {
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"), version: version)
        let channel = try #require(ChannelReference(names.room))
        let purpose = TokenMinter.Purpose(channel: channel, memberName: names.member, mayCreateChannel: true)
        let token = try await minter.mint(for: purpose, lifetime: .seconds(90))
        #expect(token.version == version.rawValue)
        var review = TokenReview(token, for: purpose)
        review.reviewEnvelope(of: token, at: Double(token.issuedAt))
        #expect(review.missing.isEmpty && review.remarks.isEmpty)
        #expect(await minter.hasSigned(token))
        #expect(await !TokenMinter(appID: "A", secret: Redacted("other")).hasSigned(token))
        // Nobody else's, and nowhere else.
        for other in [
            TokenMinter.Purpose(channel: channel, memberName: names.member + "x"),
            TokenMinter.Purpose(channel: .name(names.room.replacing("*", with: "-") + "x"), memberName: names.member),
        ] where channel.name != nil { #expect(!TokenReview(token, for: other).missing.isEmpty) }
    }

    @Test("version 2 names the actions that publishing takes, and no more (protocol page §1.6)")
    func leastOfVersionTwo() async throws {
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"), version: .two)
        let token = try await minter.mint(
            for: .init(channel: .name("studio-1"), memberName: "obs"),
            lifetime: .seconds(90)
        )
        guard case .channels(let scope) = token.scope else {
            Issue.record("another version")
            return
        }
        #expect(scope.app.turn == false && scope.app.analytics == false && scope.app.actions == ["read"])
        let channel = try #require(scope.app.channels?.first)
        #expect(channel.name == "studio-1" && channel.id == nil && channel.actions == ["read"])
        let member = try #require(channel.members.first)
        #expect(member.name == "obs" && member.actions == ["create", "delete"])
        #expect(member.publication?.actions == ["create", "delete"] && member.subscription == nil)
        #expect(channel.sfuBots?.first?.actions == ["create"])
        #expect(channel.sfuBots?.first?.forwardings.first?.actions == ["create", "delete"])
    }

    @Test(
        "what is to change metadata may do just that, and one that may not is told what it lacks",
        arguments: TokenVersion.allCases
    )
    func metadata(version: TokenVersion) async throws {
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"), version: version)
        var purpose = TokenMinter.Purpose(channel: .name("studio-1"), memberName: "obs")
        let least = try await minter.mint(for: purpose, lifetime: .seconds(90))
        #expect(!least.claims.contains("updateMetadata"))
        for subject in MetadataSubject.allCases {
            purpose.updates = [subject]
            let token = try await minter.mint(for: purpose, lifetime: .seconds(90))
            #expect(token.allowsUpdates(of: subject, for: purpose))
            // Version 3 has one word for the member and what it publishes, version 2 one for all it publishes.
            #expect(token.allowsUpdates(of: .channel, for: purpose) == (subject == .channel))
            #expect(TokenReview(token, for: purpose).remarks.isEmpty)
            let review = TokenReview(least, for: purpose)
            #expect(review.missing.isEmpty && review.remarks.count == 1)
            #expect(review.remarks.first?.contains(#""updateMetadata" has to be in the"#) == true)
            purpose.memberName = "other"
            if subject != .channel { #expect(!token.allowsUpdates(of: subject, for: purpose)) }
            purpose.memberName = "obs"
        }
        purpose.updates = [.channel, .audio, .video]
        #expect(TokenReview(least, for: purpose).remarks.count == 2)
    }

    @Test(
        "version 3: each lack has its sentence",
        arguments: [
            ("[]", ["for the room \"studio-1\""], 0),
            (#"[{"name":"other","methods":[]}]"#, ["for the room \"studio-1\""], 0),
            (#"[{"name":"studio-1","methods":["create"]}]"#, ["lets nobody join"], 0),
            (
                #"[{"name":"studio-1","methods":["create"],"member":{"name":"cam","methods":["publish"]}}]"#,
                ["for the member \"cam\", not \"obs\""], 0
            ),
            (
                #"[{"name":"studio-1","methods":["create"],"member":{"name":"obs","methods":["subscribe"]}}]"#,
                ["\"publish\""], 0
            ),
            (
                #"[{"name":"studio-1","methods":["create"],"member":{"name":"*","methods":["publish"]},"sfu":{"enabled":false}}]"#,
                ["sfu.enabled"], 0
            ),
            (
                #"[{"name":"studio-1","methods":[],"member":{"name":"o*","methods":["publish"]},"sfu":{"maxSubscribersLimit":10}}]"#,
                [], 2
            ),
            // An entry by id may be the room's.
            (#"[{"id":"C","methods":["create"],"member":{"id":"*","methods":["publish"]}}]"#, [], 0),
            // The best of several entries counts.
            (
                #"[{"name":"studio-*","methods":[]},{"name":"studio-1","methods":["create"],"member":{"name":"obs","methods":["publish"]}}]"#,
                [], 0
            ),
        ] as [(String, [String], Int)]
    )
    func rooms(rooms: String, missing: [String], remarks: Int) throws {
        let review = TokenReview(
            try UnsignedToken.decode(scope: #"{"appId":"A","rooms":\#(rooms)}"#),
            for: Self.purpose
        )
        #expect(review.missing.count == missing.count)
        for (sentence, part) in zip(review.missing, missing) { #expect(sentence.contains(part)) }
        #expect(review.remarks.count == remarks)
    }

    @Test(
        "versions 1 and 2: each lack has its sentence",
        arguments: [
            ("[]", 1, 0),
            (#"[{"name":"studio-1","actions":[],"members":[]}]"#, 4, 2),
            (
                #"[{"name":"studio-1","actions":["read","create"],"members":[{"name":"obs","actions":["create"]}],"sfuBots":[{"actions":["create"],"forwardings":[{"actions":["create"]}]}]}]"#,
                1, 3
            ),
            (
                #"[{"name":"*","actions":["write"],"members":[{"id":"*","actions":["write"],"publication":{"actions":["write"]}}],"sfuBots":[{"actions":["write"],"forwardings":[{"actions":["write"]}]}]}]"#,
                0, 0
            ),
        ],
        [1, 2]
    )
    func channels(row: (channels: String, missing: Int, remarks: Int), version: Int) throws {
        let token = try UnsignedToken.decode(
            scope: #"{"app":{"id":"A","channels":\#(row.channels)}}"#,
            version: version
        )
        let review = TokenReview(token, for: Self.purpose)
        #expect(review.missing.count == row.missing, "\(review.missing)")
        #expect(review.remarks.count == row.remarks, "\(review.remarks)")
    }

    @Test(
        "times and id",
        arguments: [
            (#""iat":1000,"exp":4600"#, 1_000.0, 0), (#""iat":1000,"exp":4600"#, 4_600, 1),
            (#""iat":1000,"exp":4600"#, 4_556, 1), (#""iat":1000,"exp":4600"#, 4_555, 0),
            (#""iat":1000,"exp":4600"#, 800, 1), (#""iat":1000,"exp":4600"#, 880, 0),
            (#""iat":1000,"exp":260201"#, 1_000, 1), (#""iat":1000,"exp":260200"#, 1_000, 0),
        ]
    )
    func envelope(times: String, now: Double, missing: Int) throws {
        let scope = #"{"appId":"A","rooms":[{"methods":["create"],"member":{"methods":["publish"]}}]}"#
        let token = try UnsignedToken.decode(scope: scope, times: times)
        var review = TokenReview(token, for: Self.purpose)
        review.reviewEnvelope(of: token, at: now)
        #expect(review.missing.count == missing, "\(review.missing)")
    }

    @Test(
        "names in entries (protocol page §1.4)",
        arguments: [
            (nil, "a", 3, true), ("*", "a", 1, true), ("a*", "abc", 1, false), ("a*", "abc", 2, true),
            ("a*", "ba", 3, false), ("*c", "abc", 3, true), ("a*c", "abbc", 3, true), ("a*b*c", "axbxbxc", 3, true),
            ("a*b*c", "acb", 3, false), (#"a\*"#, "a*", 3, true), (#"a\*"#, "ab", 3, false), ("ab*ba", "aba", 3, false),
            ("*********", "a", 3, false), ("********", "a", 3, true), ("a.c", "abc", 3, false), ("a**b", "ab", 2, true),
        ] as [(String?, String, Int, Bool)]
    )
    func patterns(pattern: String?, name: String, version: Int, expected: Bool) {
        #expect(NamePattern.covers(pattern, name: name, version: version) == expected)
    }
}
