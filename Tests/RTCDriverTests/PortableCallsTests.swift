// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

/// What a worker is on macOS, as far as Linux can run it: `poll`, a pipe, `recvmsg` and `sendmsg` one at a time.
@Suite("A worker with portable calls alone", .timeLimit(.minutes(1)))
struct PortableCallsTests {
    private static var configuration: MediaWorkerConfiguration {
        var configuration = MediaWorkerConfiguration.loopback
        configuration.usesPortableCalls = true
        return configuration
    }

    @Test("forwards what one session receives to another, and loses nothing")
    func forwarding() async throws {
        let ends = try await MediaWorker.start(Self.configuration)
        let gateway = try await MediaWorker.start(Self.configuration)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        try await path.publish(1_000)
        try await path.received.received(1_000)
        #expect(path.received.numbers == Array(0..<1_000))
        #expect(path.received.damaged == 0)
        let statistics = try await gateway.statistics()
        #expect(statistics.packetsForwarded == 1_000)
        #expect(statistics.datagrams.segmentedSends == 0)
        #expect(statistics.datagrams.droppedSendError == 0)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("talks to a worker that uses everything Linux has, either way round", arguments: [false, true])
    func mixed(gatewayIsPortable: Bool) async throws {
        let ends = try await MediaWorker.start(gatewayIsPortable ? .loopback : Self.configuration)
        let gateway = try await MediaWorker.start(gatewayIsPortable ? Self.configuration : .loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        try await path.publish(300)
        try await path.received.received(300)
        #expect(path.received.numbers == Array(0..<300))
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("works on every address of the machine", arguments: InterfaceAddresses.announced())
    func everyAddress(address: IPAddress) async throws {
        var configuration = MediaWorkerConfiguration(port: 0, announcedAddresses: [address])
        configuration.usesPortableCalls = true
        let worker = try await MediaWorker.start(configuration)
        let pair = try await SessionPair(lite: worker, controlling: worker)
        try await pair.connected()
        #expect(try await pair.controlling.statistics().selectedAddress?.ip == address)
        await worker.shutdown()
    }

    @Test("gets through behind candidates that lead nowhere")
    func deadCandidates() async throws {
        let closed = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init()).localAddress
        let worker = try await MediaWorker.start(Self.configuration)
        let pair = try await SessionPair(
            lite: worker,
            controlling: worker,
            candidatesBefore: [ICECandidate(host: closed)]
        )
        try await pair.connected()
        #expect(try await pair.controlling.statistics().selectedAddress?.port == worker.port)
        await worker.shutdown()
    }

    @Test("lets go of its peer before it sends elsewhere, also what waited before it was connected")
    func elsewhere() async throws {
        let worker = try await MediaWorker.start(Self.configuration)
        let pair = try await SessionPair(lite: worker, controlling: worker)
        try await pair.connected()
        let elsewhere = try DatagramFixture().destination
        let counts = try await worker.perform(on: pair.controlling.id) { worker, peer in
            guard let socket = peer.socket, let selected = socket.connectedPeer else {
                return (false, false, UInt64(1))
            }
            _ = worker.batch.reserve()
            worker.commit(1, from: peer, to: elsewhere)
            // As when a pair is nominated while checks of others still wait to be sent.
            let isPinned = socket.connect(to: selected)
            worker.batch.flush()
            return (isPinned, socket.connectedPeer == nil, worker.batch.statistics.droppedSendError)
        }
        #expect(counts == (true, true, 0))
        await worker.shutdown()
    }

    @Test("ends its sessions and tells their peers when it is shut down")
    func shutdown() async throws {
        let first = try await MediaWorker.start(Self.configuration)
        let second = try await MediaWorker.start(Self.configuration)
        let pair = try await SessionPair(lite: first, controlling: second)
        try await pair.connected()
        await first.shutdown()
        #expect(await pair.lite.ends() == .local)
        #expect(await pair.controlling.ends() == .remote)
        await second.shutdown()
    }
}
