// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

/// More than anybody should send, or leave unread: nothing else is disturbed, and memory stays flat.
@Suite(.timeLimit(.minutes(3))) struct FloodTests {
    private static let long = String(repeating: "x", count: 60_000)

    @Test("A reader that takes nothing is closed, and its members leave where it said so")
    func slowReader() async throws {
        try await withStage { stage in
            try await stage.call("updateChannelMetadata", #"{"id":"$C","metadata":"\#(Self.long)"}"#)
            try await stage.withClient(query: "?leaveWhenDisconnected=true") { slow in
                _ = try await stage.join("slow", by: slow)
                for id in 1...600 {
                    let request = slow.request("getChannel", ["id": .string(stage.fill("$C"))], id: .integer(Int64(id)))
                    slow.connection.send(request)
                }
                #expect(try await stage.rpc.event("MemberRemoved")["member"]?["name"] == "slow")
            }
        }
    }

    @Test("While one socket floods, another is answered")
    func neighbour() async throws {
        try await withStage { stage in
            try await stage.withClient { flood in
                for _ in 1...5 {
                    for id in 1...1000 { flood.connection.send(flood.request("fly", id: .integer(Int64(id)))) }
                    let started = ContinuousClock.now
                    try await stage.call("getServerUnixtime")
                    #expect(ContinuousClock.now - started < .seconds(5))
                    for _ in 1...1000 { _ = try await flood.receive() }
                }
            }
        }
    }

    @Test("What is remembered of answers is bounded in bytes, contexts and answers, and the newest stays")
    func memory() {
        var memory = RequestMemory(maximumContexts: 4, maximumAnswers: 8, maximumBytes: 1000)
        for context in 0..<10 {
            for request in 0..<20 {
                let answer = RequestMemory.Answer(text: String(repeating: "x", count: 90), listening: [:])
                memory.remember(answer, to: "\(request)", context: "\(context)")
                #expect(memory.answer(to: "\(request)", context: "\(context)") != nil)
            }
        }
        let left = (0..<10).flatMap { context in
            (0..<20).filter { memory.answer(to: "\($0)", context: "\(context)") != nil }
        }
        #expect(left.count == 11)
        let huge = RequestMemory.Answer(text: String(repeating: "x", count: 1001), listening: [:])
        memory.remember(huge, to: "huge", context: "9")
        #expect(memory.answer(to: "huge", context: "9") == nil)
    }

    @Test("What is remembered of a channel is bounded, its versions go on, and the newest events stay")
    func history() throws {
        var channel = Channel(id: "C", appID: "A", name: nil, metadata: nil)
        for number in 1...1000 { channel.updateMetadata("\(number)" + Self.long) }
        #expect(channel.version == 1000)
        #expect(channel.history.count < 300)
        #expect(channel.events(from: 999).map(\.version) == [999, 1000])
        #expect(channel.events(from: 0).first?.version == channel.history.first?.version)
        for _ in 1...Channel.maximumEvents { channel.updateMetadata("") }
        #expect(channel.version == 1000 + Channel.maximumEvents)
        #expect(channel.history.count <= Channel.maximumEvents)
    }

    @Test(
        "A server that is flooded in every way again and again keeps its memory",
        .enabled(if: LocalProcess.isPossible, "the program is not built beside the tests, or this is not Linux")
    )
    func memoryOfServer() async throws {
        try await LocalProcess.run { local in
            try await flood(local)
            try await flood(local)
            let before = try local.residentBytes
            for _ in 1...4 { try await flood(local) }
            let grown = try local.residentBytes - before
            #expect(grown < 64 << 20, "\(grown >> 20) MiB more than the \(before >> 20) MiB before")
        }
    }

    /// Some 100 MB, of which the server is to keep nothing: what is unread, what is repeated, what is long.
    private func flood(_ local: LocalProcess) async throws {
        let token = local.token
        try await local.server.withRPC(token: token, query: "?contextId=\(UUID())") { rpc in
            let made = try await rpc.call("findOrCreateChannel", ["name": "flood"])
            let channel = try #require(made["channel"]?["id"])
            try await Self.write(rpc, to: channel)
            try await local.server.withRPC(token: token, query: "?leaveWhenDisconnected=true") { slow in
                _ = try await slow.join(channel.string ?? "", name: "slow")
                for id in 1...600 {
                    slow.connection.send(slow.request("getChannel", ["id": channel], id: .integer(Int64(id))))
                }
                _ = try await rpc.event("MemberRemoved")
            }
            await rpc.forgetEvents()
        }
        let tooLong = Self.long + Self.long.prefix(8_000)
        for path in ["/v4/bots", "/v1/ice-params", "/v4/confirm-subscription"] {
            for _ in 1...20 {
                let answer = try await local.server.http("POST", path, token: token, json: tooLong)
                #expect(answer.status == 413)
            }
        }
    }

    /// Members that come and go and metadata that are written over, each 60 KB and with an id that is remembered.
    private static func write(_ rpc: RPCClient, to channel: JSONValue) async throws {
        for _ in 1...120 {
            let member: [String: JSONValue] = [
                "channelId": channel, "type": "Person", "subtype": "Person", "metadata": .string(long),
            ]
            let id = JSONValue.string(UUID().uuidString)
            let added = try await rpc.send(rpc.request("addMember", member, id: id), id: id)
            try await rpc.call("removeMember", ["channelId": channel, "id": added["memberId"] ?? .null])
            try await rpc.call("updateChannelMetadata", ["id": channel, "metadata": .string(long)])
            await rpc.forgetEvents()
        }
        for text in ["{", #"{"id":1,"method":"fly"}"#, "[" + String(repeating: "[", count: 50_000)] {
            for _ in 1...100 { rpc.connection.send(text) }
            for _ in 1...100 { _ = try await rpc.receive() }
        }
    }
}
