// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("Layers through a media worker", .timeLimit(.minutes(1)))
struct LayerTests {
    /// A publisher of two layers, and a receiver of one stream.
    private struct Path {
        let ingest: SessionPair
        let egress: SessionPair
        let track: TrackIndex
        let configuration: ForwardingConfiguration
        let forwarding: Forwarding
        let sources: [CountingSource.Record]
        let received = CountingSink.Record()

        init(ends: MediaWorker.Handle, gateway: MediaWorker.Handle) async throws {
            ingest = try await SessionPair(lite: gateway, controlling: ends)
            egress = try await SessionPair(lite: ends, controlling: gateway)
            var (ingestReceive, low) = SessionPair.track(payloadType: 96, ssrc: 77)
            let (_, high) = SessionPair.track(payloadType: 96, ssrc: 78)
            ingestReceive.encodings.append(RTPEncoding(ssrc: 78))
            let (egressReceive, egressSend) = SessionPair.track(payloadType: 101, ssrc: 4_242)
            low.cname = "layers"
            let published = [
                try await ingest.controlling.addSendStream(low), try await ingest.controlling.addSendStream(high),
            ]
            track = try await ingest.lite.addReceiveTrack(ingestReceive)
            let stream = try await egress.controlling.addSendStream(egressSend)
            let egressTrack = try await egress.lite.addReceiveTrack(egressReceive)
            let record = received
            try await egress.lite.setSink(for: egressTrack) { CountingSink(record: record) }
            var generator = SystemRandomNumberGenerator()
            configuration = ForwardingConfiguration(
                from: low.codec,
                to: egressSend.codec,
                waitsForKeyFrame: true,
                using: &generator
            )
            forwarding = try await ingest.lite.forward(
                track,
                upTo: EncodingIndex(1),
                to: egress.controlling,
                stream: stream,
                configuration: configuration
            )
            try await ingest.connected()
            try await egress.connected()
            sources = published.map { _ in CountingSource.Record() }
            for (stream, source) in zip(published, sources) {
                try await ingest.controlling.setSource(for: stream) {
                    CountingSource(payloadType: 96, limit: 1_000_000, record: source, arrivals: record)
                }
            }
        }

        /// The layers that come to the receiver.
        func layers() async throws -> ForwardedLayers? { try await egress.controlling.statistics().layers.first }

        /// Returns once a layer is being forwarded.
        func forwards(_ layer: UInt8) async throws {
            while try await layers()?.current != EncodingIndex(layer) {
                try await received.received(received.count + 10)
            }
        }
    }

    @Test("a forwarding listens to the layers that it takes, and to no others")
    func listening() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await Path(ends: ends, gateway: gateway)
        try await path.forwards(1)
        try await path.forwarding.prefer(EncodingIndex(0))
        try await path.forwards(0)
        #expect(path.sources[0].keyFrames >= 2)
        // Once nothing late of the former layer is expected, its packets don't reach the forwarder.
        let id = path.ingest.lite.id
        while try await gateway.perform(on: id, { $1.routes }).filter({ !$0.isEmpty }) != [[0]] {
            try await path.received.received(path.received.count + 50)
        }
        let numbers = path.received.sequenceNumbers
        let first = try #require(numbers.first)
        #expect(numbers == (0..<numbers.count).map { first &+ UInt16(truncatingIfNeeded: $0) })
        await path.forwarding.stop()
        #expect(try await gateway.perform(on: id) { $1.routes.allSatisfy(\.isEmpty) })
        #expect(try await path.layers() == nil)
        await #expect(throws: MediaWorkerError.noSuchStream) { try await path.forwarding.prefer(EncodingIndex(1)) }
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("every layer goes to a stream of its own, whichever it is by what is measured")
    func ranks() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await Path(ends: ends, gateway: gateway)
        var streams: [SendStreamIndex] = []
        for ssrc: UInt32 in [5_000, 5_001] {
            let (_, parameters) = SessionPair.track(payloadType: 101, ssrc: ssrc)
            streams.append(try await path.egress.controlling.addSendStream(parameters))
        }
        let forwardings = try await path.ingest.lite.forward(
            layersOf: path.track,
            to: path.egress.controlling,
            streams: streams,
            configuration: path.configuration
        )
        #expect(forwardings.count == 2)
        var fed: [EncodingIndex] = []
        while Set(fed).count < 2 {
            try await path.received.received(path.received.count + 50)
            fed = try await path.egress.controlling.statistics().layers
                .filter { streams.contains($0.stream) }
                .compactMap(\.current)
        }
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("a place that a forwarding leaves is taken by the next one")
    func places() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        let (_, parameters) = SessionPair.track(payloadType: 101, ssrc: 5_000)
        var generator = SystemRandomNumberGenerator()
        let configuration = ForwardingConfiguration(
            from: parameters.codec,
            to: parameters.codec,
            waitsForKeyFrame: false,
            using: &generator
        )
        for _ in 0..<5 {
            let stream = try await path.egress.controlling.addSendStream(parameters)
            _ = try await path.ingest.lite.forward(
                path.ingestTrack,
                to: path.egress.controlling,
                stream: stream,
                configuration: configuration
            )
            #expect(try await gateway.perform(on: path.ingest.lite.id) { $1.routes[0].count } == 2)
            try await path.egress.controlling.removeSendStream(stream)
        }
        let held = try await gateway.perform(on: path.ingest.lite.id) { ($1.forwardings.count, $1.routes[0].count) }
        #expect(held == (2, 1))
        await ends.shutdown()
        await gateway.shutdown()
    }
}
