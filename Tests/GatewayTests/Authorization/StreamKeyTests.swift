// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import HummingbirdTesting
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

/// Who may publish by stream key, asked over HTTP on sockets.
@Suite("Stream keys", .timeLimit(.minutes(1)))
struct StreamKeyTests {
    /// Runs a test against a gateway with a file of keys.
    private func run(
        _ setup: GatewaySetup = GatewaySetup(),
        _ test: @escaping @Sendable (GatewayFixture, StreamKeyFile) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            _ = try file.add(Self.grant("another"))
            var setup = setup
            setup.configure = { [setup] in
                setup.configure(&$0)
                $0.streamKeys = file.path
            }
            try await GatewayFixture.serve(setup) { gateway in try await test(gateway, file) }
        }
    }

    private static func grant(
        _ channel: String,
        _ edit: (inout GrantDescription) -> Void = { _ in }
    ) -> GrantDescription {
        var grant = GrantDescription()
        grant.channel = channel
        edit(&grant)
        return grant
    }

    /// Posts until the gateway has read the file.
    private func post(
        _ gateway: GatewayFixture,
        _ key: Redacted<String>,
        to path: String = "/whip/studio",
        until status: HTTPResponse.Status = .created
    ) async throws -> TestResponse {
        while true {
            let response = try await gateway.post(to: path, authorization: "Bearer \(key.exposed)")
            if response.status == status { return response }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("A key opens its room, as bearer token and in the address, and at plain /whip")
    func right() async throws {
        let links = BroadcastRegistryTests.Links()
        try await run(GatewaySetup(connect: { request, _ in links.make(request) })) { gateway, file in
            let key = try file.add(Self.grant("studio")).key
            _ = try await post(gateway, key)
            #expect(try await gateway.post(to: "/whip/studio/\(key.exposed)").status == .created)
            #expect(try await gateway.post(to: "/whip", authorization: "bearer  \(key.exposed)").status == .created)
            // A leftover beside the key of the address counts for nothing.
            let both = try await gateway.post(to: "/whip/studio/\(key.exposed)", authorization: "Bearer undefined")
            #expect(both.status == .created)
            #expect(links.all.map(\.request.channel) == Array(repeating: .name("studio"), count: 4))
            // Each took the place of the one before: the key is who publishes.
            #expect(await gateway.registry.count == 1)
        }
    }

    @Test("Without a key, with a wrong one and with one of another room nobody publishes")
    func wrong() async throws {
        try await run { gateway, file in
            let key = try file.add(Self.grant("studio")).key
            let created = try await post(gateway, key)
            let none = try await gateway.post()
            try none.expectRefusal(401, "unauthorized")
            #expect(none.headers[.wwwAuthenticate] == #"Bearer realm="whip""#)
            let unknown = ["x", "-", key.exposed + "x", String(key.exposed.dropLast()), String(key.exposed.prefix(9))]
            for text in unknown {
                let response = try await gateway.post(authorization: "Bearer \(text)")
                try response.expectRefusal(401, "unauthorized")
                #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="whip", error="invalid_token""#)
                try await gateway.post(to: "/whip/studio/\(text)").expectRefusal(401, "unauthorized")
            }
            let other = try await gateway.post(to: "/whip/other", authorization: "Bearer \(key.exposed)")
            try other.expectRefusal(403, "channel-not-allowed")
            #expect(other.headers[.wwwAuthenticate] == #"Bearer realm="whip", error="insufficient_scope""#)
            // The reserved name is no room, and its keys are session ids.
            let sessions = try await gateway.post(to: "/whip/sessions/\(key.exposed)")
            #expect(sessions.status == .methodNotAllowed)
            let location = try #require(created.headers[.location])
            #expect(try await gateway.send(.get, location).status == .noContent)
        }
    }

    @Test("ICE servers are told to whoever asks with a key of the room, before and with the session")
    func servers() async throws {
        let setup = GatewaySetup(configure: { $0.whip.iceServers = ICEServers(["stun:stun.test"]) })
        try await run(setup) { gateway, file in
            let key = try file.add(Self.grant("studio")).key
            #expect(try await post(gateway, key).headers[values: .link].count == 1)
            func servers(at path: String, _ headers: HTTPFields = [:]) async throws -> Int {
                let response = try await gateway.send(.options, path, headers: headers)
                #expect(response.status == .ok)
                return response.headers[values: .link].count
            }
            let bearer: HTTPFields = [.authorization: "Bearer \(key.exposed)"]
            #expect(try await servers(at: "/whip/studio", bearer) == 1)
            #expect(try await servers(at: "/whip/studio/\(key.exposed)") == 1)
            #expect(try await servers(at: "/whip/other", bearer) == 0)
            #expect(try await servers(at: "/whip/studio/another") == 0)
            #expect(try await servers(at: "/whip/studio") == 0)
        }
    }

    @Test("A key that has expired is refused from that moment on; what is on the air goes on")
    func expired() async throws {
        let clock = Mutex(Date(timeIntervalSince1970: 1_000_000))
        try await run(GatewaySetup(now: { clock.withLock { $0 } })) { gateway, file in
            let key = try file.add(Self.grant("studio"), expiresAt: Date(timeIntervalSince1970: 1_000_060)).key
            let location = try #require(try await post(gateway, key).headers[.location])
            clock.withLock { $0 += 59 }
            let second = try #require(try await post(gateway, key).headers[.location])
            clock.withLock { $0 += 1 }
            let response = try await gateway.post(authorization: "Bearer \(key.exposed)")
            try response.expectRefusal(401, "key-expired")
            #expect(try await gateway.send(.get, location).status == .notFound)
            #expect(try await gateway.send(.get, second).status == .noContent)
        }
    }

    @Test("A revoked key lets nobody in and ends what it has on the air, and no other")
    func revoked() async throws {
        let links = BroadcastRegistryTests.Links()
        try await run(GatewaySetup(connect: { request, _ in links.make(request) })) { gateway, file in
            let key = try file.add(Self.grant("studio"))
            let other = try file.add(Self.grant("other")).key
            let location = try #require(try await post(gateway, key.key).headers[.location])
            let kept = try #require(try await post(gateway, other, to: "/whip/other").headers[.location])
            #expect(try file.revoke(key.kept.id))
            _ = try await post(gateway, key.key, until: .unauthorized)
            while try await gateway.send(.get, location).status != .notFound {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(links.all[0].link.asked.last == "stop")
            #expect(try await gateway.send(.get, kept).status == .noContent)
        }
    }

    @Test("A file that is half written, empty or gone changes nothing", arguments: ["half", "empty", "gone"])
    func halfWritten(what: String) async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        let logger = lines.logger
        try await run(GatewaySetup(edit: { $0.logger = logger })) { gateway, file in
            let key = try file.add(Self.grant("studio")).key
            let location = try #require(try await post(gateway, key).headers[.location])
            let whole = try Data(contentsOf: URL(filePath: file.path))
            switch what {
            case "half": try whole.prefix(whole.count / 2).write(to: URL(filePath: file.path))
            case "empty": try Data().write(to: URL(filePath: file.path))
            default: try FileManager.default.removeItem(atPath: file.path)
            }
            while !lines.all.contains("in force") { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await gateway.send(.get, location).status == .noContent)
            #expect(try await gateway.post(authorization: "Bearer \(key.exposed)").status == .created)
            // A whole one counts again.
            try whole.write(to: URL(filePath: file.path))
            let fresh = try file.add(Self.grant("studio")).key
            _ = try await post(gateway, fresh)
        }
    }

    @Test("A key's member name, codecs and bit rate are those of its broadcast")
    func limits() async throws {
        let links = BroadcastRegistryTests.Links()
        let gatewayLimit = Bitrate("10M")
        try await run(
            GatewaySetup(
                edit: { $0.maximumBitrate = gatewayLimit },
                connect: { request, _ in links.make(request) }
            )
        ) { gateway, file in
            let key = try file.add(
                Self.grant("studio") {
                    $0.memberName = "stage"
                    $0.codecs = ["H264"]
                }
            ).key
            _ = try await post(gateway, key)
            #expect(links.all.map(\.request.memberName) == ["stage"])
            let strict = try file.add(Self.grant("studio") { $0.codecs = ["vp8"] }).key
            let response = try await post(gateway, strict, until: .unprocessableContent)
            try response.expectRefusal(422, "no-common-codec")
        }
        var grant = PublishGrant()
        #expect(grant.bitrate(within: gatewayLimit) == gatewayLimit)
        grant.maximumBitrate = Bitrate("2M")
        #expect(grant.bitrate(within: gatewayLimit) == grant.maximumBitrate)
        #expect(grant.bitrate(within: nil) == grant.maximumBitrate)
        #expect(grant.bitrate(within: Bitrate("1M")) == Bitrate("1M"))
    }

    @Test("With a key for two, two publish, the third is refused, and there is room again once one has left")
    func several() async throws {
        try await run { gateway, file in
            let key = try file.add(Self.grant("studio") { $0.maximumPublishers = 2 }).key
            let first = try #require(try await post(gateway, key).headers[.location])
            _ = try await post(gateway, key)
            let third = try await gateway.post(authorization: "Bearer \(key.exposed)")
            try third.expectRefusal(409, "key-in-use")
            #expect(third.headers[.retryAfter] == "5")
            #expect(await gateway.registry.count == 2)
            #expect(try await gateway.send(.delete, first).status == .ok)
            #expect(try await gateway.post(authorization: "Bearer \(key.exposed)").status == .created)
        }
    }

    @Test("Where there are keys, a token of the configuration opens every room beside them")
    func besides() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            let key = try file.add(Self.grant("studio")).key
            let setup = GatewaySetup(configure: {
                $0.streamKeys = file.path
                $0.bearerTokens = [Redacted("hush")]
            })
            try await GatewayFixture.run(setup) { gateway in
                let byKey = try await gateway.post(authorization: "Bearer \(key.exposed)")
                #expect(byKey.status == .created)
                let byToken = try await gateway.post(to: "/whip/any", authorization: "Bearer hush")
                #expect(byToken.status == .created)
            }
        }
    }
}
