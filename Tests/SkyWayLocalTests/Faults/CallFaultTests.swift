// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("Faults on sockets and calls", .timeLimit(.minutes(1)))
struct CallFaultTests {
    /// Waits until a connection ends and says how.
    private static func closure(of rpc: RPCClient) async -> WebSocketClosure { await rpc.connection.closed() }

    @Test("All sockets are dropped with a code, or one of them without a word")
    func drop() async throws {
        try await withLocalServer { server in
            try await server.withRPC { first in
                try await first.call("getServerUnixtime")
                try await server.withRPC { second in
                    try await second.call("getServerUnixtime")
                    try await server.faults.inject(Fault(.dropSockets, ["connection": 1]))
                    #expect(await Self.closure(of: first).origin == .lost)
                    // The other one has noticed nothing.
                    try await second.call("getServerUnixtime")
                    try await server.withRPC { third in
                        try await third.call("getServerUnixtime")
                        try await server.faults.inject(Fault(.dropSockets, ["code": 4291, "reason": "plan"]))
                        for rpc in [second, third] {
                            let closure = await Self.closure(of: rpc)
                            #expect(closure == WebSocketClosure(code: 4291, reason: "plan", origin: .remote))
                        }
                    }
                }
            }
            // Done at once and over: the next one stays.
            try await server.withRPC { try await $0.call("getServerUnixtime") }
            #expect(server.faults.inForce.isEmpty)
        }
    }

    @Test("A socket that is not there can't be dropped")
    func dropNothing() async throws {
        try await withLocalServer { server in
            await #expect(throws: FaultError.nothingThere("connection")) {
                try await server.faults.inject(Fault(.dropSockets, ["connection": 7]))
            }
        }
    }

    @Test("New sockets are refused for as long as was said; open ones stay")
    func refuse() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                try await rpc.call("getServerUnixtime")
                try await server.faults.inject(Fault(.refuseSockets, ["seconds": 10]))
                await #expect(throws: WebSocketOpenError.self) { try await server.withRPC { _ in } }
                server.clock.advance(milliseconds: 9_999)
                await #expect(throws: WebSocketOpenError.self) { try await server.withRPC { _ in } }
                try await rpc.call("getServerUnixtime")
                server.clock.advance(milliseconds: 1)
                try await server.withRPC { try await $0.call("getServerUnixtime") }
            }
        }
    }

    @Test("A refusal has a status, a close code, or nothing at all")
    func refusals() async throws {
        try await withLocalServer { server in
            let refusal = try Fault(.refuseSockets, ["seconds": 10, "status": 429])
            let id = try #require(try await server.faults.inject(refusal))
            do {
                try await server.withRPC { _ in }
                Issue.record("the socket was opened")
            } catch WebSocketOpenError.refused(let status, _) {
                #expect(status == 429)
            }
            #expect(await server.faults.clear(id))
            let abrupt = try Fault(.refuseSockets, ["seconds": 10, "abrupt": true])
            let second = try #require(try await server.faults.inject(abrupt))
            await #expect(throws: (any Error).self) { try await server.withRPC { _ in } }
            await server.faults.clear(second)
            try await server.faults.inject(Fault(.refuseSockets, ["seconds": 10, "code": 4291]))
            try await server.withRPC { #expect(await Self.closure(of: $0).code == 4291) }
            await server.faults.clearAll()
            try await server.withRPC { try await $0.call("getServerUnixtime") }
        }
    }

    @Test("The next two calls of a method fail, undone; the third and other methods do not")
    func fail() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let fault = try Fault(
                    .failCalls,
                    ["method": "findOrCreateChannel", "count": 2, "code": 429, "inner": 429001]
                )
                try await server.faults.inject(fault)
                try await rpc.call("getServerUnixtime")
                for _ in 0..<2 {
                    await #expect(throws: RPCClient.Refusal(code: 429, inner: 429_001)) {
                        try await rpc.call("findOrCreateChannel", ["name": "a"])
                    }
                }
                #expect(server.faults.inForce.isEmpty)
                await #expect(throws: RPCClient.Refusal(code: 404, inner: 404_000)) {
                    try await rpc.call("getChannelByName", ["name": "a"])
                }
                try await rpc.call("findOrCreateChannel", ["name": "a"])
            }
        }
    }

    @Test("A lost call is done and never answered; the next one is")
    func lose() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                try await server.faults.inject(Fault(.loseCalls, ["method": "findOrCreateChannel"]))
                rpc.connection.send(rpc.request("findOrCreateChannel", ["name": "a"], id: "lost"))
                // Answers come in the order of the requests: what comes first is not the lost one's.
                let found = try await rpc.call("getChannelByName", ["name": "a"])
                #expect(found["channel"]?["name"] == "a")
                #expect(await !rpc.events.contains { $0["id"] == "lost" })
                let again = try await rpc.call("findOrCreateChannel", ["name": "a"])
                #expect(again["channel"]?["id"] == found["channel"]?["id"])
            }
        }
    }

    @Test("A delayed call is taken up when its time has come; others pass it")
    func delay() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                try await server.faults.inject(Fault(.delayCalls, ["method": "findOrCreateChannel", "seconds": 3]))
                rpc.connection.send(rpc.request("findOrCreateChannel", ["name": "a"], id: "late"))
                // Its time begins when it is read, which is before the next one is.
                try await rpc.call("getServerUnixtime")
                server.clock.advance(milliseconds: 2_999)
                await #expect(throws: RPCClient.Refusal(code: 404, inner: 404_000)) {
                    try await rpc.call("getChannelByName", ["name": "a"])
                }
                server.clock.advance(milliseconds: 1)
                while true {
                    let message = try await rpc.receive()
                    guard message["id"] == "late" else { continue }
                    #expect(message["result"]?["channel"]?["name"] == "a")
                    break
                }
                try await rpc.call("getChannelByName", ["name": "a"])
            }
        }
    }

    @Test("Calls of the REST services fail, wait and get lost alike, by name or number")
    func rest() async throws {
        try await withLocalServer { server in
            let token = try await server.token()
            let body = #"{"appId":"\#(TestTokens.appID)","channelId":"none"}"#
            func createBot() async throws -> (status: Int, headers: [String: String], body: JSONValue?) {
                try await server.http("POST", "/v4/bots", token: token, json: body)
            }
            try await server.faults.inject(
                Fault(.failCalls, ["method": "1", "status": 429, "message": "too many"])
            )
            let failed = try await createBot()
            #expect(failed.status == 429)
            #expect(failed.body?["message"] == "too many")
            #expect(failed.headers["access-control-allow-origin"] == "*")
            #expect(try await createBot().status == 404)

            try await server.faults.inject(Fault(.delayCalls, ["method": "createBot", "seconds": 5]))
            let asked = server.clock.seconds
            #expect(try await server.clock.pass { try await createBot() }.status == 404)
            #expect(server.clock.seconds >= asked + 5)
            #expect(try await createBot().status == 404)

            try await server.faults.inject(Fault(.failCalls, ["method": "iceParams", "status": 503]))
            #expect(try await server.http("POST", "/v1/ice-params", token: token, json: "{}").status == 503)
            #expect(try await server.http("POST", "/v1/ice-params", token: token, json: "{}").status == 400)
        }
    }

    @Test("A lost REST call has been done, and its connection ends without an answer")
    func loseREST() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let channel = try await rpc.call("findOrCreateChannel", ["name": "a"])
                let id = try #require(channel["channel"]?["id"]?.string)
                try await server.faults.inject(Fault(.loseCalls, ["method": "createBot"]))
                let body = #"{"appId":"\#(TestTokens.appID)","channelId":"\#(id)"}"#
                async let lost = server.clock.pass {
                    try await server.http("POST", "/v4/bots", token: rpc.token, json: body)
                }
                let added = try await rpc.event("MemberAdded")
                #expect(added["member"]?["type"] == "Bot")
                do {
                    _ = try await lost
                    Issue.record("the call was answered")
                } catch is URLError {}
            }
        }
    }
}
