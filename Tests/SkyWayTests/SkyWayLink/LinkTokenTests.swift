// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Logging
import RTC
import Testing

@testable import SkyWay

/// The clock of the scripted SkyWay jumps, so that nothing has to be waited for.
@Suite("The token of a link against a scripted SkyWay (protocol page §1.7)", .timeLimit(.minutes(1)))
struct LinkTokenTests {
    private static let room: JSONValue = [
        "channel": [
            "id": "C", "name": "studio-1", "version": 4, "publications": [], "subscriptions": [],
            "members": [["id": "B", "type": "Bot", "subtype": "sfu"]],
        ]
    ]
    private static let forwardings = "POST /v4/bots/B/forwardings"
    private static let publications = [SkyWayPublication(.audio, mimeType: "audio/opus")]
    private static let purpose = TokenMinter.Purpose(channel: .name("studio-1"), memberName: "obs")

    /// A service whose clock is so many seconds ahead of this machine's.
    private func service(ahead: Double) async throws -> ScriptedSkyWay {
        let service = ScriptedSkyWay(defaults: [
            "getServerUnixtime": Self.time(ahead), "getChannelByName": Self.room, "getChannel": Self.room,
            "addMember": ["memberId": "M"], "publishStream": ["id": "P1"],
            "PUT /v4/transports/connections": [:],
        ])
        await service.reply(Self.forwardings, .result(try Fixture.decode("forwarding-first")))
        return service
    }

    private static func time(_ ahead: Double) -> JSONValue {
        ["unixtime": .integer(Int64((Date().timeIntervalSince1970 + ahead) * 1000))]
    }

    private func withLink(
        _ service: ScriptedSkyWay,
        tokens: @escaping @Sendable (SkyWayHost) async throws -> TokenSource = { _ in
            .secret(appID: "A", Redacted("secret"))
        },
        body: @escaping @Sendable (SkyWayLink) async throws -> Void
    ) async throws {
        try await service.run { host in
            var configuration = SkyWayConfiguration(tokens: try await tokens(host))
            configuration.rtcAPI = host
            configuration.sfu = host
            configuration.tokenLifetime = .seconds(90)
            let request = SkyWayLinkRequest(channel: .name("studio-1"), mayCreateChannel: false, memberName: "obs")
            try await request.runLink(configuration, while: body)
        }
    }

    /// The token that a call of the RTC API told or carried.
    private static func token(_ call: ScriptedSkyWay.Call?) -> String? {
        guard case .object(let members)? = call?.parameters, case .string(let token)? = members["authToken"] else {
            return nil
        }
        return token
    }

    /// The next event that is not about viewers or connections.
    private static func tokenEvent(_ link: SkyWayLink) async -> SkyWayLinkEvent? {
        for await event in link.events {
            switch event {
            case .interrupted, .resumed: continue
            default: return event
            }
        }
        return nil
    }

    @Test("a token that is due is replaced in place, and the SFU API is asked with the new one")
    func inPlace() async throws {
        let service = try await service(ahead: 40)
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            guard case .tokenRenewed(let life)? = await Self.tokenEvent(link) else {
                Issue.record("not renewed")
                return
            }
            #expect(life > .seconds(80) && life <= .seconds(90))
            let fingerprint = SFUDTLSParameters.Fingerprint(algorithm: "sha-256", value: "AB")
            _ = try await link.connectTransport("X", fingerprint: fingerprint)
        }
        let updates = await service.calls("updateAuthToken")
        let new = try #require(Self.token(updates.first))
        #expect(updates.count == 1)
        #expect(await service.tokens.count == 1)
        #expect(await service.tokens.first != new)
        #expect(await service.calls("PUT /v4/transports/connections").first?.authorization == "Bearer \(new)")
        #expect(await Self.token(service.calls("removeMember").first) == new)
        // It was made by the server's clock.
        let ahead = Double(try AuthToken(decoding: new).issuedAt) - Date().timeIntervalSince1970
        #expect((30...41).contains(ahead))
    }

    @Test("what the RTC API does not take for now is told again, and no other token is got for it")
    func again() async throws {
        let service = try await service(ahead: 40)
        await service.reply("updateAuthToken", .failure(-32603), .failure(429))
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            guard case .tokenRenewed? = await Self.tokenEvent(link) else {
                Issue.record("not renewed")
                return
            }
        }
        let told = await service.calls("updateAuthToken").map(Self.token)
        #expect(told.count == 3 && Set(told).count == 1)
    }

    @Test("a new token that is refused in place is told by a new connection")
    func refusedInPlace() async throws {
        let service = try await service(ahead: 40)
        await service.reply("updateAuthToken", .failure(401))
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            var events = link.events.makeAsyncIterator()
            #expect(await events.next() == .interrupted)
            #expect(await events.next() == .resumed)
        }
        let told = await service.calls("updateAuthToken").map(Self.token)
        #expect(await service.tokens.count == 2)
        #expect(await service.tokens.last == told.first)
        #expect(await service.names.contains("updateMemberTtl"))
    }

    @Test("when the token has run out during an outage, the connection is made with a fresh one")
    func runOut() async throws {
        let service = try await service(ahead: 5)
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            await service.refuseKnownTokens()
            await service.dropConnection()
            for await event in link.events where event == .resumed { break }
        }
        #expect(await Set(service.tokens).count == 2)
    }

    @Test("when the fresh one is refused too, the link ends and says so")
    func refusedForGood() async throws {
        let service = try await service(ahead: 5)
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            await service.refuseUpgrades(401)
            await service.dropConnection()
            #expect(await Self.tokenEvent(link) == .ended(SkyWayError(.tokenRefused, .rtcAPI)))
        }
    }

    @Test("a call of the SFU API that is refused is made again with another token")
    func refusedByTheSFU() async throws {
        let service = try await service(ahead: 5)
        let connect = "PUT /v4/transports/connections"
        await service.reply(connect, .failure(401))
        try await withLink(service) { link in
            _ = try await link.open(Self.publications)
            let fingerprint = SFUDTLSParameters.Fingerprint(algorithm: "sha-256", value: "AB")
            #expect(try await link.connectTransport("X", fingerprint: fingerprint) == .confirmed)
        }
        let bearers = await service.calls(connect).map(\.authorization)
        #expect(bearers.count == 2 && bearers[0] != bearers[1])
        #expect(await service.calls("updateAuthToken").count == 1)
    }

    @Test("a used-up plan, told to the update, ends the link with its reason")
    func usageLimit() async throws {
        let service = try await service(ahead: 40)
        await service.reply("updateAuthToken", .failure(429, dataCode: 429_001))
        try await withLink(service) { link in
            // The update may come before the link is open, which it then never is.
            _ = try? await link.open(Self.publications)
            #expect(await Self.tokenEvent(link) == .ended(SkyWayError(.usageLimitReached, .rtcAPI)))
        }
    }

    @Test("a token server that fails is asked again, and told of once")
    func tokenServer() async throws {
        let service = try await service(ahead: 40)
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
        let now = Int(Date().timeIntervalSince1970)
        var tokens: [AuthToken] = []
        for time in [now, now + 40] {
            tokens.append(try await minter.mint(for: Self.purpose, issuedAt: time, lifetime: .seconds(90)))
        }
        let (first, second) = (tokens[0].encoded.exposed, tokens[1].encoded.exposed)
        await service.reply(
            "POST /token",
            .failure(503),
            .result(["authToken": .string(first)]),
            .failure(500),
            .failure(503),
            .result(["token": .string(second)])
        )
        try await withLink(service) { host in
            .server(TokenServer.Configuration(url: "\(host.httpBase)/token"), appID: "A")
        } body: { link in
            _ = try await link.open(Self.publications)
            #expect(await Self.tokenEvent(link) == .tokenNotRenewed(SkyWayError(.serviceFailure, .tokenServer)))
            guard case .tokenRenewed? = await Self.tokenEvent(link) else {
                Issue.record("not renewed")
                return
            }
        }
        #expect(await service.calls("POST /token").count == 5)
        #expect(await Self.token(service.calls("updateAuthToken").first) == second)
    }

    @Test("a fixed token is used to just before its end; then the room is left and the reason told")
    func fixed() async throws {
        let service = try await service(ahead: 57)
        try await withLink(service) { _ in
            let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
            return .fixed(try await minter.mint(for: Self.purpose, lifetime: .seconds(61)))
        } body: { link in
            _ = try? await link.connect()
            let end = await Self.tokenEvent(link)
            #expect(end == .ended(SkyWayError(.tokenRefused, .token)))
            guard case .ended(let error)? = end else { return }
            #expect(error.advice.contains("SKYWAY_AUTH_TOKEN"))
        }
        #expect(await service.calls("updateAuthToken").isEmpty)
    }

    @Test(
        "no link begins with a token that lives too short, or lacks something",
        arguments: [
            (44, "obs", SkyWayError.Code.tokenRefused, "45 s or more"),
            (600, "cam", .scopeMissing, "SKYWAY_MEMBER_NAME"),
        ]
    )
    func notBegun(life: Int, member: String, code: SkyWayError.Code, advice: String) async throws {
        let service = try await service(ahead: 0)
        try await service.run { host in
            let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
            let purpose = TokenMinter.Purpose(channel: .name("studio-1"), memberName: member)
            let token = try await minter.mint(for: purpose, lifetime: .seconds(life))
            var configuration = SkyWayConfiguration(tokens: .fixed(token))
            configuration.sfu = host
            let request = SkyWayLinkRequest(channel: .name("studio-1"), mayCreateChannel: false, memberName: "obs")
            let error = await #expect(throws: SkyWayError.self) {
                try await SkyWayLink.make(
                    request,
                    configuration: configuration,
                    clients: .init(),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
            }
            #expect(error?.code == code)
            #expect(error?.advice.contains(advice) == true)
        }
        #expect(await service.tokens.isEmpty)
    }
}
