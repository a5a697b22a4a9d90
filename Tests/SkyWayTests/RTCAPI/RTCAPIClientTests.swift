// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Logging
import SkyWay
import Testing

@Suite("RTC API client (protocol page §2)", .timeLimit(.minutes(1)))
struct RTCAPIClientTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a client against a script; `body` ends it.
    private func withClient<Result: Sendable>(
        _ service: ScriptedSkyWay,
        requestTimeout: Duration = .seconds(20),
        body: (RTCAPIClient) async throws -> Result
    ) async throws -> (Result, ended: SkyWayError) {
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
        let purpose = TokenMinter.Purpose(channel: .name("studio-1"), memberName: "obs")
        let token = try await minter.mint(for: purpose, lifetime: .seconds(60))
        return try await service.run { host in
            let client = RTCAPIClient(
                host: host,
                token: token,
                socket: WebSocketClient(),
                logger: logger,
                requestTimeout: requestTimeout
            )
            async let ended = client.run()
            let result: Result
            do {
                result = try await body(client)
            } catch {
                await client.close()
                _ = await ended
                throw error
            }
            await client.close()
            return (result, await ended)
        }
    }

    @Test("connects with the token as the only sub-protocol and a context id")
    func connects() async throws {
        let service = ScriptedSkyWay(defaults: ["getServerUnixtime": ["unixtime": 1_790_000_000_123]])
        let (token, _) = try await withClient(service) { client in
            let seconds = try await client.getServerUnixtime()
            #expect(seconds == 1_790_000_000.123)
            return await client.currentToken
        }
        #expect(await service.tokens == [token.encoded.exposed])
        let target = try #require(await service.targets.first)
        let contextID = try #require(target.split(separator: "=").last)
        #expect(target.hasPrefix("/ws?contextId="))
        #expect(UUID(uuidString: String(contextID)) != nil)
    }

    @Test("requests are what the protocol page shows")
    func requests() async throws {
        let service = ScriptedSkyWay(defaults: ["addMember": ["memberId": "M"], "publishStream": ["id": "PV"]])
        let (token, _) = try await withClient(service) { client in
            #expect(try await client.addMember(channelID: "C", name: "obs", ttl: 1_790_000_120) == "M")
            let request = RTCAPIClient.PublicationRequest(
                contentType: "Video",
                codecs: ["video/h264"],
                encodings: ["low", "high"]
            )
            #expect(try await client.publishStream(channelID: "C", publisherID: "M", request) == "PV")
            try await client.removeMember(channelID: "C", memberID: "M")
            return await client.currentToken.encoded.exposed
        }
        #expect(
            await service.parameters("addMember") == [
                "channelId": "C", "name": "obs", "ttlSec": 1_790_000_120, "type": "Person", "subtype": "Person",
                "appId": "A", "authToken": .string(token),
            ]
        )
        #expect(
            await service.parameters("publishStream") == [
                "channelId": "C", "publisherId": "M", "contentType": "Video",
                "codecCapabilities": [["mimeType": "video/h264"]], "encodings": [["id": "low"], ["id": "high"]],
                "isEnabled": true, "type": "sfu", "appId": "A", "authToken": .string(token),
            ]
        )
        #expect(
            await service.parameters("removeMember")
                == ["channelId": "C", "id": "M", "appId": "A", "authToken": .string(token)]
        )
    }

    @Test("an error answer is thrown with its meaning")
    func failure() async throws {
        let service = ScriptedSkyWay()
        await service.reply("getChannelByName", .failure(404, message: "no such channel"))
        _ = try await withClient(service) { client in
            let error = await #expect(throws: SkyWayError.self) { try await client.getChannelByName("a") }
            #expect(error?.code == .channelNotFound)
            #expect(error?.detail.contains("no such channel") == true)
        }
    }

    @Test("an answer without what was asked for is a bad one")
    func badAnswer() async throws {
        let service = ScriptedSkyWay(defaults: ["addMember": ["version": 1]])
        _ = try await withClient(service) { client in
            await #expect(throws: SkyWayError(.badResponse, .rtcAPI)) {
                try await client.addMember(channelID: "C", name: nil, ttl: 1)
            }
        }
    }

    @Test("garbage between answers is passed over")
    func garbage() async throws {
        let service = ScriptedSkyWay(defaults: ["getServerUnixtime": ["unixtime": 1000]])
        _ = try await withClient(service) { client in
            _ = try await client.getServerUnixtime()
            for text in ["", "null", "[]", "{}", #"{"id":"unknown","result":{}}"#, #"{"method":"other","params":{}}"#] {
                await service.send(text)
            }
            #expect(try await client.getServerUnixtime() == 1)
        }
    }

    @Test("requests go at the pace that SkyWay takes: 15 at once, then 5 a second")
    func pace() async throws {
        let service = ScriptedSkyWay(defaults: ["getServerUnixtime": ["unixtime": 1000]])
        _ = try await withClient(service) { client in
            let began = ContinuousClock.now
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<18 { group.addTask { _ = try await client.getServerUnixtime() } }
            }
            #expect(ContinuousClock.now - began >= .milliseconds(590))
        }
        #expect(await service.calls("getServerUnixtime").count == 18)
    }

    @Test("a request that waits for its turn ends with its caller, and more than get their turn in time are refused")
    func crowd() async throws {
        let service = ScriptedSkyWay(defaults: ["getServerUnixtime": ["unixtime": 1000]])
        _ = try await withClient(service, requestTimeout: .seconds(1)) { client in
            let codes = await withTaskGroup(of: SkyWayError.Code?.self) { group in
                for _ in 0..<130 {
                    group.addTask {
                        do { _ = try await client.getServerUnixtime() } catch { return (error as? SkyWayError)?.code }
                        return nil
                    }
                }
                return await group.reduce(into: [SkyWayError.Code?: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(codes[nil, default: 0] >= 15)
            #expect(codes[.rateLimited, default: 0] + codes[.timeout, default: 0] == 130 - codes[nil, default: 0])
            let seconds = try await client.getServerUnixtime()
            #expect(seconds == 1)
        }
    }

    @Test("an unanswered request ends after its time")
    func timeout() async throws {
        let service = ScriptedSkyWay()
        await service.reply("getServerUnixtime", .silence)
        _ = try await withClient(service, requestTimeout: .milliseconds(50)) { client in
            await #expect(throws: SkyWayError(.timeout, .rtcAPI)) { try await client.getServerUnixtime() }
        }
    }

    @Test("a request without an answer is sent again, as it was, after a lost connection")
    func resend() async throws {
        let service = ScriptedSkyWay(defaults: ["addMember": ["memberId": "M"]])
        await service.reply("addMember", .drop(1011))
        _ = try await withClient(service) { client in
            let memberID = try await client.addMember(channelID: "C", name: "obs", ttl: 1)
            #expect(memberID == "M")
            var events = client.events.makeAsyncIterator()
            guard case .interrupted? = await events.next(), case .resumed? = await events.next() else {
                Issue.record("not interrupted, then resumed")
                return
            }
        }
        let calls = await service.calls("addMember")
        #expect(calls.count == 2)
        #expect(calls.first?.id == calls.last?.id)
        #expect(calls.first?.parameters == calls.last?.parameters)
        #expect(await service.tokens.count == 2)
    }

    @Test("4291 ends the client and every request")
    func usageLimit() async throws {
        let service = ScriptedSkyWay()
        await service.reply("getServerUnixtime", .drop(4291))
        let (_, ended) = try await withClient(service) { client in
            await #expect(throws: SkyWayError(.usageLimitReached, .rtcAPI)) { try await client.getServerUnixtime() }
            await #expect(throws: SkyWayError(.usageLimitReached, .rtcAPI)) { try await client.getServerUnixtime() }
        }
        #expect(ended.code == .usageLimitReached)
        #expect(await service.tokens.count == 1)
    }

    @Test(
        "a refused connection fails the first request",
        arguments: [
            (401, SkyWayError.Code.tokenRefused), (403, .scopeMissing), (429, .rateLimited), (503, .unreachable),
        ]
    )
    func refused(status: Int, code: SkyWayError.Code) async throws {
        let service = ScriptedSkyWay()
        await service.refuseUpgrades(status)
        _ = try await withClient(service) { client in
            await #expect(throws: SkyWayError(code, .rtcAPI)) { try await client.getServerUnixtime() }
        }
    }

    @Test("events are read")
    func events() async throws {
        let service = ScriptedSkyWay(defaults: ["getServerUnixtime": ["unixtime": 1000]])
        _ = try await withClient(service) { client in
            _ = try await client.getServerUnixtime()
            try await service.notify("MemberRemoved", version: 7, ["member": ["id": "M"]])
            var events = client.events.makeAsyncIterator()
            guard case .channelEvent(let event)? = await events.next() else {
                Issue.record("no event")
                return
            }
            #expect(event == ChannelEvent(channelID: "C", version: 7, change: .memberRemoved(id: "M")))
        }
    }

    @Test("a cancelled caller does not wait")
    func cancellation() async throws {
        let service = ScriptedSkyWay()
        await service.reply("getServerUnixtime", .silence)
        _ = try await withClient(service) { client in
            let call = Task { try await client.getServerUnixtime() }
            await service.waitForCall("getServerUnixtime")
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }

    @Test("a new token is used by requests once the server took it")
    func newToken() async throws {
        let service = ScriptedSkyWay(defaults: ["getServerUnixtime": ["unixtime": 1000]])
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
        let token = try await minter.mint(
            for: .init(channel: .name("other"), memberName: "obs"),
            lifetime: .seconds(90)
        )
        _ = try await withClient(service) { client in
            try await client.updateAuthToken(token)
            _ = try await client.getServerUnixtime()
        }
        #expect(await service.parameters("updateAuthToken") == ["authToken": .string(token.encoded.exposed)])
        #expect(
            await service.parameters("getServerUnixtime")
                == ["appId": "A", "authToken": .string(token.encoded.exposed)]
        )
    }
}
