// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@testable import RTCDriver

@Suite("Sessions that go by a TURN server", .timeLimit(.minutes(1)))
struct RelayTests {
    /// A worker's candidates, to be reached by a relay.
    private func relayed(_ candidates: [ICECandidate]) -> [ICECandidate] {
        candidates.map { candidate in
            var relayed = candidate
            relayed.address.transport = .relayed
            return relayed
        }
    }

    @Test("carry media by it, and give the allocation back at their end")
    func carries() async throws {
        let (ends, near) = (try await MediaWorker.start(.loopback), try await MediaWorker.start(.loopback))
        let server = try RelayServer()
        let (received, sent) = (CountingSink.Record(), CountingSource.Record())
        let pair = try await SessionPair(lite: ends, controlling: near, candidates: relayed(ends.candidates))
        let (receive, send) = SessionPair.track(payloadType: 96, ssrc: 77)
        let track = try await pair.lite.addReceiveTrack(receive)
        try await pair.lite.setSink(for: track) { CountingSink(record: received) }
        let stream = try await pair.controlling.addSendStream(send)
        try await pair.controlling.setSource(for: stream) {
            CountingSource(payloadType: 96, limit: 500, record: sent, arrivals: received)
        }
        try await pair.controlling.setRelayServers([server.description])
        try await server.serve { received.count >= 500 }
        #expect(received.numbers == Array(0..<500))
        #expect(received.damaged == 0)
        let selected = try await pair.controlling.statistics().selectedAddress
        #expect(selected == TransportAddress(.loopbackIPv4, port: ends.port, transport: .relayed))
        let relays = try await near.statistics().relays
        #expect(relays.opened == 1 && relays.allocations == 1 && relays.packetsSent >= 500)
        // By a channel, once that stands.
        #expect(server.machine.relayedDatagrams.channels > server.machine.relayedDatagrams.indications)
        #expect(server.machine.allocations.count == 1)

        await pair.controlling.close()
        try await server.serve { server.machine.allocations.isEmpty }
        await near.shutdown()
        await ends.shutdown()
    }

    @Test("ask no server where the peer is reached without")
    func unused() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let candidates = worker.candidates + relayed(worker.candidates)
        let pair = try await SessionPair(lite: worker, controlling: worker, candidates: candidates)
        try await pair.controlling.setRelayServers([try RelayServer().description])
        try await pair.connected()
        #expect(try await pair.controlling.statistics().selectedAddress?.transport == .udp)
        #expect(try await worker.statistics().relays == RelayStatistics())
        await worker.shutdown()
    }

    @Test("are told of a server whose port is closed")
    func refused() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: worker, controlling: worker, candidates: relayed(worker.candidates))
        // Its sockets are closed with it.
        let closed = try RelayServer().description
        try await pair.controlling.setRelayServers([closed])
        var news: RelayNews?
        for await event in pair.controlling.events {
            if case .relay(let told) = event {
                news = told
                break
            }
        }
        guard case .unavailable(let refusals) = news else {
            Issue.record("\(String(describing: news))")
            return
        }
        #expect(refusals.map(\.server) == [closed] && refusals.map(\.failure) == [.noAnswer])
        await worker.shutdown()
    }
}
