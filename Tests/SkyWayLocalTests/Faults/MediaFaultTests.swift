// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// Faults on real packets; what the impairments themselves do is shown where they are made.
@Suite("Faults of media", .timeLimit(.minutes(1)))
struct MediaFaultTests {
    /// Runs `body` while a publisher sends.
    private static func onAir(
        _ body: @Sendable (LocalServer, Broadcast, RPCClient) async throws -> Void
    ) async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    while try await received(server) == 0 { try await Task.sleep(for: .milliseconds(2)) }
                    try await body(server, broadcast, rpc)
                }
            }
        }
    }

    /// The packets that the publisher's transport has got; nil where there is no transport.
    private static func received(_ server: LocalServer) async throws -> Int64? {
        let state = try await server.http("GET", "/local/state", token: nil).body
        return state?["transports"]?.array?.first?["packetsReceived"]?.integer
    }

    /// Waits until the publisher has sent so many more packets.
    private static func sends(_ count: UInt64, _ session: MediaSession) async throws {
        let before = try await session.statistics().session.packetsSent
        while try await session.statistics().session.packetsSent < before + count {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("Media get lost for as long as was said, and flow again")
    func loss() async throws {
        try await Self.onAir { server, broadcast, _ in
            try await server.faults.inject(Fault(.loseMedia, ["member": "obs", "incoming": 100, "seconds": 10]))
            let before = try await Self.received(server)
            try await Self.sends(50, broadcast.session)
            #expect(try await Self.received(server) == before)
            server.clock.advance(seconds: 10)
            while try await Self.received(server) == before { try await Task.sleep(for: .milliseconds(2)) }
            #expect(server.faults.inForce.isEmpty)
        }
    }

    @Test("What names somebody else's transport touches nothing")
    func others() async throws {
        try await Self.onAir { server, broadcast, _ in
            try await server.faults.inject(Fault(.loseMedia, ["member": "nobody", "incoming": 100]))
            try await server.faults.inject(Fault(.loseMedia, ["direction": "receiving", "incoming": 100]))
            let before = try await Self.received(server) ?? 0
            while try await (Self.received(server) ?? 0) < before + 50 { try await Task.sleep(for: .milliseconds(2)) }
            await #expect(throws: FaultError.nothingThere("transport")) {
                try await server.faults.inject(Fault(.closeDTLS, ["member": "nobody"]))
            }
        }
    }

    @Test("A transport whose DTLS is closed says so, and is gone")
    func closeDTLS() async throws {
        try await Self.onAir { server, broadcast, rpc in
            try await server.faults.inject(Fault(.closeDTLS, ["transport": .string(broadcast.studio.transportID)]))
            var reason: SessionCloseReason?
            for await event in broadcast.session.events {
                if case .closed(let why) = event { reason = why }
            }
            #expect(reason == .remote)
            #expect(try await Self.received(server) == nil)
            #expect(try await Self.restart(broadcast, on: server, token: rpc.token) == 404)
        }
    }

    @Test("A dropped transport is gone without a word")
    func drop() async throws {
        try await Self.onAir { server, broadcast, rpc in
            try await server.faults.inject(Fault(.dropTransport, ["member": "obs"]))
            #expect(try await Self.received(server) == nil)
            #expect(try await Self.restart(broadcast, on: server, token: rpc.token) == 404)
            // The publisher goes on as if nothing were: whatever was to be told to it would have come by now.
            try await Self.sends(50, broadcast.session)
            #expect(try await broadcast.session.statistics().isConnected)
        }
    }

    private static func restart(_ broadcast: Broadcast, on server: LocalServer, token: String) async throws -> Int {
        let body = #"{"transportId":"\#(broadcast.studio.transportID)"}"#
        return try await server.http("PUT", "/v4/transports/connections/ice", token: token, json: body).status
    }

    @Test("Nobody connects while checks are ignored, and everybody afterwards")
    func checks() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let id = try #require(try await server.faults.inject(Fault(.ignoreSTUN)))
                    let studio = try await Studio.open(rpc, on: server)
                    let session = try await client.open(try #require(studio.started["broadcasterTransportOptions"]))
                    try await server.connect(studio.transportID, client: client, token: rpc.token)
                    while try await client.worker.statistics().datagrams.packetsSent < 3 {
                        try await Task.sleep(for: .milliseconds(2))
                    }
                    #expect(try await session.statistics().selectedAddress == nil)
                    await server.faults.clear(id)
                    while try await !session.statistics().isConnected { try await Task.sleep(for: .milliseconds(2)) }
                }
            }
        }
    }
}
