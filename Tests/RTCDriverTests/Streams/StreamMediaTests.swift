// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@testable import RTCDriver

@Suite("Media by TCP", .timeLimit(.minutes(1)))
struct StreamMediaTests {
    /// A lite session that receives one track and sends another, and a peer that reaches it by TCP alone.
    private struct Call {
        let lite: MediaSession
        let peer: StreamSession
        let credentials: ICECredentials
        let published = CountingSink.Record()
        let viewed = CountingSink.Record()
        private let publishing = CountingSource.Record()
        private let viewing = CountingSource.Record()
        private let stream: SendStreamIndex
        private var source: CountingSource

        init(
            on worker: MediaWorker.Handle,
            at address: IPAddress = .loopbackIPv4,
            cut: StreamSession.Cut = .frames,
            count: Int
        ) async throws {
            (lite, credentials) = try await worker.openLite()
            peer = try StreamSession(to: worker.port, at: address, of: credentials, cut: cut)
            let (receivesPublished, sendsPublished) = SessionPair.track(payloadType: 96, ssrc: 77)
            let (receivesViewed, sendsViewed) = SessionPair.track(payloadType: 97, ssrc: 78)
            let (published, viewed, viewing) = (published, viewed, viewing)
            let track = try await lite.addReceiveTrack(receivesPublished)
            try await lite.setSink(for: track) { CountingSink(record: published) }
            stream = try peer.send(sendsPublished)
            try peer.receive(receivesViewed, into: viewed)
            let outgoing = try await lite.addSendStream(sendsViewed)
            try await lite.setSource(for: outgoing) {
                CountingSource(payloadType: 97, limit: count, record: viewing, arrivals: viewed)
            }
            source = CountingSource(payloadType: 96, limit: count, record: publishing, arrivals: published)
            source.start(at: Clock.now)
            let certificate = try #require(SessionPair.certificate)
            try await lite.connect(DTLSParameters(role: .server, fingerprints: [certificate.fingerprint]))
        }

        /// Goes on by another connection: what is on its way to the peer in the former one, as much as may be, is lost.
        func reconnects() async throws {
            while viewing.sent < viewed.count + CountingSource.window { try await Task.sleep(for: .milliseconds(1)) }
            try peer.reconnect()
            let client = peer.client
            #expect(try await client.check(credentials))
            publishing.writeOff(after: published)
            viewing.writeOff(after: viewed)
        }

        /// Lets media flow until both sides have this many packets.
        mutating func flows(until count: Int) async throws {
            while published.count < count || viewed.count < count {
                peer.step()
                peer.pull(&source, on: stream)
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    @Test("flows both ways by one connection, however its bytes are cut", arguments: StreamSession.Cut.allCases)
    func cuts(cut: StreamSession.Cut) async throws {
        try await flows(cut: cut, isPortable: false)
    }

    @Test("flows with portable calls alone")
    func portable() async throws {
        try await flows(cut: .frames, isPortable: true)
    }

    @Test(
        "flows by IPv6",
        .enabled(if: InterfaceAddresses.hasIPv6, "SKIPPED: no IPv6 here"),
        arguments: [false, true]
    )
    func ipv6(isPortable: Bool) async throws {
        try await flows(at: IPAddress(high: 0, low: 1), cut: .frames, isPortable: isPortable)
    }

    private func flows(
        at address: IPAddress = .loopbackIPv4,
        cut: StreamSession.Cut,
        isPortable: Bool
    ) async throws {
        var configuration = MediaWorkerConfiguration(address: address, port: 0)
        configuration.streams = StreamConfiguration()
        configuration.usesPortableCalls = isPortable
        let worker = try await MediaWorker.start(configuration)
        let count = cut == .bytes ? 100 : 1_000
        var call = try await Call(on: worker, at: address, cut: cut, count: count)
        try await call.flows(until: count)
        #expect(call.published.numbers == Array(0..<count))
        #expect(call.viewed.numbers == Array(0..<count))
        #expect(call.published.damaged + call.viewed.damaged == 0)
        #expect(try await call.lite.statistics().selectedAddress == call.peer.client.address)
        let statistics = try await worker.statistics()
        #expect(statistics.datagrams.packetsSent == 0 && statistics.datagrams.packetsReceived == 0)
        #expect(statistics.streams.packetsSent >= UInt64(count))
        #expect(statistics.streams.packetsReceived >= UInt64(count))
        #expect(statistics.streams.droppedFull == 0)
        #expect(statistics.streams.endings.isEmpty && statistics.streams.open == 1)
        await worker.shutdown()
    }

    @Test("goes on by another connection when the first one ends, with the same keys")
    func reconnects() async throws {
        let worker = try await MediaWorker.start(.streams())
        var call = try await Call(on: worker, count: 100_000)
        try await call.flows(until: 500)
        try await call.reconnects()
        let (lite, address) = (call.lite, call.peer.client.address)
        try await call.flows(until: 1_500)
        #expect(try await lite.statistics().selectedAddress == address)
        #expect(call.published.damaged + call.viewed.damaged == 0)
        let statistics = try await worker.statistics()
        #expect(statistics.streams.accepted == 2 && statistics.streams.open == 1)
        #expect(statistics.streams.endings == [.remote: 1])
        await worker.shutdown()
    }

    @Test("reaches a peer that reads on, and ends with a peer that stopped reading")
    func slowReader() async throws {
        let worker = try await MediaWorker.start(.streams { $0.patience = .seconds(1) })
        var slow = try await Call(on: worker, count: 100)
        try await slow.flows(until: 100)
        let lite = slow.lite
        let (_, viewing) = SessionPair.track(payloadType: 97, ssrc: 79)
        let stream = try await lite.addSendStream(viewing)
        try await lite.setSource(for: stream) { UnboundedSource() }
        // Another session of the worker is none the worse for it.
        var other = try await Call(on: worker, count: 1_000)
        try await other.flows(until: 1_000)
        #expect(await lite.becomes(.disconnected))
        let statistics = try await worker.statistics()
        #expect(statistics.streams.endings == [.slow: 1])
        #expect(statistics.streams.droppedFull > 0)
        #expect(statistics.streams.open == 1)
        #expect(try await lite.statistics().selectedAddress == nil)
        #expect(other.viewed.numbers == Array(0..<1_000))
        await worker.shutdown()
    }

    @Test("ends with its session: the peer hears of it before the connection is closed")
    func closes() async throws {
        let worker = try await MediaWorker.start(.streams())
        var call = try await Call(on: worker, count: 10)
        try await call.flows(until: 10)
        await call.lite.close()
        while call.peer.closeReason != .remote {
            call.peer.step()
            try await Task.sleep(for: .milliseconds(1))
        }
        try await call.peer.client.ends()
        #expect(try await worker.statistics().streams.endings == [.finished: 1])
        await worker.shutdown()
    }

    /// Makes packets without end, several at a time.
    private struct UnboundedSource: MediaSource {
        var deadline: MonotonicTime?
        private var number = 0

        mutating func start(at now: MonotonicTime) { deadline = now }

        mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
            for _ in 0..<1_000 { payload.appendByte(0x10) }
            number += 1
            if number % 50 == 0 { deadline = now + .milliseconds(5) }
            return OutgoingRTP(
                payloadType: 97,
                marker: false,
                sequenceNumber: UInt16(truncatingIfNeeded: number),
                timestamp: UInt32(number)
            )
        }

        mutating func keyFrameRequested(at now: MonotonicTime) {}
    }
}
