// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("Connections that sessions open", .timeLimit(.minutes(1)))
struct OwnStreamTests {
    private let ends: MediaWorker.Handle
    private let near: MediaWorker.Handle

    init() async throws {
        ends = try await MediaWorker.start(.streams())
        near = try await MediaWorker.start(.loopback)
    }

    private func stop() async {
        await near.shutdown()
        await ends.shutdown()
    }

    /// The candidates of the far worker by a transport.
    private func candidates(_ transport: TransportProtocol) -> [ICECandidate] {
        ends.candidates.filter { $0.address.transport == transport }
    }

    /// An address that nobody answers at, better than any candidate.
    private func silentAddress() throws -> (ICECandidate, DatagramSocket) {
        let socket = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        return (ICECandidate(host: socket.localAddress), socket)
    }

    @Test("carry media where the peer can be reached by TCP alone", arguments: [false, true])
    func alone(isPortable: Bool) async throws {
        var configuration = MediaWorkerConfiguration.loopback
        configuration.usesPortableCalls = isPortable
        let gateway = try await MediaWorker.start(configuration)
        let (received, sent) = (CountingSink.Record(), CountingSource.Record())
        let pair = try await SessionPair(lite: ends, controlling: gateway, candidates: candidates(.tcp))
        let (receive, send) = SessionPair.track(payloadType: 96, ssrc: 77)
        let track = try await pair.lite.addReceiveTrack(receive)
        try await pair.lite.setSink(for: track) { CountingSink(record: received) }
        let stream = try await pair.controlling.addSendStream(send)
        try await pair.controlling.setSource(for: stream) {
            CountingSource(payloadType: 96, limit: 1_000, record: sent, arrivals: received)
        }
        try await pair.connected()
        while received.count < 1_000 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(received.numbers == Array(0..<1_000))
        #expect(received.damaged == 0)
        #expect(try await pair.controlling.statistics().selectedAddress?.transport == .tcp)
        let statistics = try await gateway.statistics()
        #expect(statistics.datagrams.packetsSent == 0)
        #expect(statistics.streams.opened == 1 && statistics.streams.open == 1)
        await gateway.shutdown()
        await stop()
    }

    @Test("are each session's own, though they lead to one address")
    func several() async throws {
        let first = try await SessionPair(lite: ends, controlling: near, candidates: candidates(.tcp))
        let second = try await SessionPair(lite: ends, controlling: near, candidates: candidates(.tcp))
        try await first.connected()
        try await second.connected()
        #expect(try await near.statistics().streams.open == 2)
        await first.controlling.close()
        let left = try await near.statistics { $0.streams.open == 1 }
        #expect(left.streams.endings == [.finished: 1])
        #expect(try await second.controlling.statistics().isConnected)
        await stop()
    }

    @Test("are not opened where UDP works, and are where it is silent")
    func fallback() async throws {
        let straight = try await SessionPair(lite: ends, controlling: near)
        try await straight.connected()
        #expect(try await straight.controlling.statistics().selectedAddress?.transport == .udp)
        #expect(try await near.statistics().streams.opened == 0)
        let (silent, socket) = try silentAddress()
        let pair = try await SessionPair(
            lite: ends,
            controlling: near,
            candidatesBefore: [silent],
            candidates: candidates(.tcp)
        )
        try await pair.connected()
        #expect(try await pair.controlling.statistics().selectedAddress?.transport == .tcp)
        #expect(try await near.statistics().streams.opened == 1)
        withExtendedLifetime(socket) {}
        await stop()
    }

    @Test("give way to UDP when that is there, without a break")
    func better() async throws {
        let pair = try await SessionPair(lite: ends, controlling: near, candidates: candidates(.tcp))
        try await pair.connected()
        for candidate in candidates(.udp) { try await pair.controlling.addRemoteCandidate(candidate) }
        var states: [ICEState] = []
        for await event in pair.controlling.events {
            if case .iceState(let state) = event { states.append(state) }
            if case .selected(let address) = event, address.transport == .udp { break }
        }
        #expect(states.isEmpty)
        // The peer follows by the check that nominates.
        while try await pair.lite.statistics().selectedAddress?.transport != .udp {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try await pair.controlling.statistics().isConnected)
        await stop()
    }

    @Test("that end are told at once, and opened again")
    func ended() async throws {
        let pair = try await SessionPair(lite: ends, controlling: near, candidates: candidates(.tcp))
        try await pair.connected()
        var silence = Impairment()
        silence.isSilent = true
        try await pair.lite.impair(silence)
        await ends.shutdown()
        #expect(await pair.controlling.becomes(.disconnected))
        let statistics = try await near.statistics { ($0.streams.endings[.unopened] ?? 0) > 1 }
        #expect(statistics.streams.endings[.remote] == 1)
        await near.shutdown()
    }
}
