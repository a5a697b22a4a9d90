// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

@Suite("Faults on events", .timeLimit(.minutes(1)))
struct EventFaultTests {
    /// A channel with a socket that listens, after its first event.
    private static func withChannel(
        _ body: @Sendable (LocalServer, RPCClient, _ channelID: String) async throws -> Void
    ) async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let created = try await rpc.call("findOrCreateChannel", ["name": "a"])
                _ = try await rpc.eventLog(1)
                try await body(server, rpc, try #require(created["channel"]?["id"]?.string))
            }
        }
    }

    private static func rename(_ rpc: RPCClient, _ channelID: String, _ times: Int = 1) async throws {
        for number in 0..<times {
            try await rpc.call("updateChannelMetadata", ["id": .string(channelID), "metadata": .string("\(number)")])
        }
    }

    /// Waits until everything sent before has come, and gives the versions of the events among it.
    private static func versions(_ rpc: RPCClient) async throws -> [Int64] {
        try await rpc.call("getServerUnixtime")
        let count = await rpc.events.count
        return try await rpc.eventLog(count).compactMap { Int64($0.prefix { $0 != " " }) }
    }

    @Test("The next two events are withheld, the third is told, and a replay has them all")
    func withhold() async throws {
        try await Self.withChannel { server, rpc, channelID in
            try await server.faults.inject(Fault(.withholdEvents, ["channel": "a", "count": 2]))
            try await Self.rename(rpc, channelID, 3)
            #expect(try await Self.versions(rpc) == [3])
            #expect(server.faults.inForce.isEmpty)
            try await rpc.call("subscribeChannelEvents", ["channelId": .string(channelID), "offset": 1])
            #expect(try await Self.versions(rpc) == [1, 2, 3])
        }
    }

    @Test("Events are withheld from one socket, and not from another")
    func connection() async throws {
        try await Self.withChannel { server, rpc, channelID in
            try await server.withRPC { other in
                try await other.call("subscribeChannelEvents", ["channelId": .string(channelID), "offset": 1])
                try await server.faults.inject(Fault(.withholdEvents, ["connection": 2]))
                try await Self.rename(rpc, channelID, 2)
                #expect(try await Self.versions(rpc) == [1, 2])
                #expect(try await Self.versions(other) == [2])
            }
        }
    }

    @Test("Only events of the type and channel named are touched")
    func type() async throws {
        try await Self.withChannel { server, rpc, channelID in
            try await server.faults.inject(Fault(.withholdEvents, ["type": "MemberAdded", "count": 5]))
            try await server.faults.inject(Fault(.withholdEvents, ["channel": "b", "count": 5]))
            try await Self.rename(rpc, channelID)
            _ = try await rpc.join(channelID, name: "m")
            try await Self.rename(rpc, channelID)
            #expect(try await Self.versions(rpc) == [1, 3])
            #expect(server.faults.inForce.map { $0["hits"] } == [1, 0])
        }
    }

    @Test("A delayed event comes when its time has come; later ones pass it")
    func delay() async throws {
        try await Self.withChannel { server, rpc, channelID in
            try await server.faults.inject(Fault(.delayEvents, ["seconds": 2, "count": 2]))
            try await Self.rename(rpc, channelID, 3)
            #expect(try await Self.versions(rpc) == [3])
            server.clock.advance(milliseconds: 1_999)
            #expect(try await Self.versions(rpc) == [])
            server.clock.advance(milliseconds: 1)
            #expect(try await rpc.eventLog(2) == ["1 ChannelMetadataUpdated", "2 ChannelMetadataUpdated"])
        }
    }

    @Test("So many events are told in reverse order when the last of them has come")
    func reorder() async throws {
        try await Self.withChannel { server, rpc, channelID in
            try await server.faults.inject(Fault(.reorderEvents, ["count": 3]))
            try await Self.rename(rpc, channelID, 2)
            #expect(try await Self.versions(rpc) == [])
            #expect(server.faults.inForce.first?["remaining"] == 1)
            try await Self.rename(rpc, channelID, 2)
            #expect(try await Self.versions(rpc) == [3, 2, 1, 4])
            #expect(server.faults.inForce.isEmpty)
        }
    }

    @Test("Clearing a fault tells what it keeps back")
    func clear() async throws {
        try await Self.withChannel { server, rpc, channelID in
            let id = try #require(try await server.faults.inject(Fault(.reorderEvents, ["count": 5])))
            try await Self.rename(rpc, channelID, 2)
            #expect(await server.faults.clear(id))
            #expect(try await Self.versions(rpc) == [2, 1])
            #expect(await !server.faults.clear(id))
        }
    }
}
