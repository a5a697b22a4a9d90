// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@testable import RTCDriver

@Suite("A media worker", .timeLimit(.minutes(1)))
struct MediaWorkerTests {
    /// How datagrams are moved.
    enum Calls: CaseIterable {
        case plain
        case coalescing
        case portable
    }

    @Test("connects sessions of two workers and carries their media", arguments: Calls.allCases)
    func media(calls: Calls) async throws {
        var configuration = MediaWorkerConfiguration.loopback
        configuration.usesPortableCalls = calls == .portable
        configuration.receiveOffload = calls == .coalescing
        let first = try await MediaWorker.start(configuration)
        let second = try await MediaWorker.start(configuration)
        let pair = try await SessionPair(lite: first, controlling: second)
        let (receive, send) = SessionPair.track(payloadType: 96, ssrc: 77)
        let track = try await pair.lite.addReceiveTrack(receive)
        let stream = try await pair.controlling.addSendStream(send)
        let sent = CountingSource.Record()
        let received = CountingSink.Record()
        try await pair.lite.setSink(for: track) { CountingSink(record: received) }
        try await pair.controlling.setSource(for: stream) {
            CountingSource(payloadType: 96, limit: 2_000, record: sent, arrivals: received)
        }
        try await pair.connected()
        try await received.received(2_000)
        #expect(received.numbers == Array(0..<2_000))
        #expect(received.damaged == 0)
        let statistics = try await pair.lite.statistics()
        #expect(statistics.session.packetsReceived == 2_000)
        #expect(statistics.session.drops.total == 0)
        #expect(try await pair.controlling.statistics().session.packetsSent == 2_000)
        let worker = try await second.statistics()
        #expect(worker.datagrams.packetsSent >= 2_000)
        #expect(worker.datagrams.droppedBufferFull == 0)
        #if os(Linux)
            if calls != .portable { #expect(worker.datagrams.segmentedSends > 0) }
        #endif
        await first.shutdown()
        await second.shutdown()
    }

    @Test("forwards what one session receives to another, and loses nothing")
    func forwarding() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        try await path.publish(1_000)
        try await path.received.received(1_000)
        #expect(path.received.numbers == Array(0..<1_000))
        #expect(path.received.damaged == 0)
        let first = try #require(path.received.sequenceNumbers.first)
        #expect(path.received.sequenceNumbers == (0..<1_000).map { first &+ UInt16($0) })
        #expect(try await path.ingest.lite.statistics().session.packetsReceived == 1_000)
        #expect(try await path.egress.controlling.statistics().session.packetsSent == 1_000)
        #expect(try await gateway.statistics().packetsForwarded == 1_000)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("asks the publisher for a key frame when the receiver comes later, and when it asks")
    func keyFrames() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway, isEgressSecuredLater: true)
        try await path.ingest.connected()
        let early = CountingSink.Record()
        try await path.ingest.lite.setSink(for: path.ingestTrack) { CountingSink(record: early) }
        try await path.publish(1_000_000, arrivals: early)
        try await early.received(8)
        try await path.secureEgress()
        try await path.egress.connected()
        try await path.received.received(100)
        // What the receiver got begins where a key frame begins, which the publisher made for it.
        let first = try #require(path.received.numbers.first)
        #expect(first > 0)
        #expect(first % 4 == 0)
        #expect(path.sent.keyFrames == 2)
        #expect(try await path.ingest.lite.statistics().session.keyFrameRequestsSent == 1)
        try await path.egress.lite.requestKeyFrame(of: path.egressTrack)
        while path.sent.keyFrames < 3 { try await path.received.received(path.received.numbers.count + 50) }
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("connects a session's own socket to the selected address, and again after something went elsewhere")
    func connectedSocket() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: worker, controlling: worker)
        try await pair.connected()
        let id = pair.controlling.id
        let selected = try await pair.controlling.statistics().selectedAddress
        #expect(try await worker.perform(on: id) { $1.socket?.connectedPeer } == selected)
        let elsewhere = try DatagramFixture().destination
        let afterwards = try await worker.perform(on: id) { worker, peer in
            _ = worker.batch.reserve()
            worker.commit(1, from: peer, to: elsewhere)
            worker.drain(peer)
            return peer.socket?.connectedPeer
        }
        #expect(afterwards == nil)
        let later = try await worker.perform(on: id) { worker, peer in
            peer.lastStray = worker.now + .seconds(-3)
            worker.drain(peer)
            return (peer.socket?.connectedPeer, peer.socket?.currentLocalAddress?.port)
        }
        #expect(later.0 == selected)
        #expect(later.1 == pair.controlling.candidates.first?.address.port)
        await worker.shutdown()
    }

    @Test("lets either end of a forwarding go first", arguments: [false, true])
    func detaching(sourceFirst: Bool) async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        try await path.publish(1_000_000)
        try await path.received.received(50)
        await (sourceFirst ? path.ingest.lite : path.egress.controlling).close()
        #expect(try await gateway.statistics().sessions == 1)
        #expect(gateway.load == 1)
        await path.forwarding.stop()
        // The other end hears of it by close_notify.
        #expect(await (sourceFirst ? path.ingest.controlling : path.egress.lite).ends() == .remote)
        await (sourceFirst ? path.egress.controlling : path.ingest.lite).close()
        #expect(try await gateway.statistics().sessions == 0)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("does not forward between workers")
    func differentWorkers() async throws {
        let first = try await MediaWorker.start(.loopback)
        let second = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: first, controlling: second)
        let (receive, send) = SessionPair.track(payloadType: 96, ssrc: 77)
        let track = try await pair.lite.addReceiveTrack(receive)
        let stream = try await pair.controlling.addSendStream(send)
        var generator = SystemRandomNumberGenerator()
        let configuration = ForwardingConfiguration(
            from: send.codec,
            to: send.codec,
            waitsForKeyFrame: false,
            using: &generator
        )
        await #expect(throws: MediaWorkerError.differentWorkers) {
            _ = try await pair.lite.forward(track, to: pair.controlling, stream: stream, configuration: configuration)
        }
        await first.shutdown()
        await second.shutdown()
    }

    @Test("drops and counts datagrams of strangers")
    func strangers() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let fixture = try DatagramFixture()
        let destination = TransportAddress(.loopbackIPv4, port: worker.port)
        fixture.queue(0x80, size: 200, to: destination)
        fixture.queue(22, size: 30, to: destination)
        fixture.queue(0, size: 20, to: destination)
        fixture.queue(0, size: 0, to: destination)
        fixture.batch.flush()
        let statistics = try await worker.statistics { $0.unknownSources >= 4 }
        #expect(statistics.unknownSources == 4)
        #expect(statistics.datagrams.packetsReceived == 4)
        #expect(statistics.datagrams.packetsSent == 0)
        await worker.shutdown()
    }

    @Test("refuses a second session with the same user name fragment")
    func fragmentInUse() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: worker, controlling: worker)
        let certificate = try #require(SessionPair.certificate)
        let same = SessionPair.configuration(.lite(pair.liteCredentials, .ingest), dtls: nil, certificate)
        await #expect(throws: MediaWorkerError.fragmentInUse) { _ = try await worker.open(same) }
        #expect(worker.load == 2)
        await pair.lite.close()
        #expect(try await worker.open(same).candidates.map(\.address.port) == [worker.port])
        await worker.shutdown()
    }
}
