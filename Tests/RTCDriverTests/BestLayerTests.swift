// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@Suite("The best layer through a media worker", .timeLimit(.minutes(1)))
struct BestLayerTests {
    private static let sizes = [180, 360, 720].map { PictureSize(width: $0 * 16 / 9, height: $0) }

    /// A publisher of layers in some order, and a receiver of one stream.
    private struct Path {
        let ingest: SessionPair
        let egress: SessionPair
        let controls: [LayerSource.Control]
        let received = LayerSink.Record()

        init(_ layers: [LayerSource.Layer], ends: MediaWorker.Handle, gateway: MediaWorker.Handle) async throws {
            ingest = try await SessionPair(lite: gateway, controlling: ends)
            egress = try await SessionPair(lite: ends, controlling: gateway)
            var (receive, send) = SessionPair.track(payloadType: 96, ssrc: 0)
            receive.encodings = layers.map { RTPEncoding(ssrc: 70 + UInt32($0.place), rid: "r\($0.place)") }
            let track = try await ingest.lite.addReceiveTrack(receive)
            let (egressReceive, egressSend) = SessionPair.track(payloadType: 101, ssrc: 4_242)
            let stream = try await egress.controlling.addSendStream(egressSend)
            let egressTrack = try await egress.lite.addReceiveTrack(egressReceive)
            let record = received
            try await egress.lite.setSink(for: egressTrack) { LayerSink(record: record) }
            var generator = SystemRandomNumberGenerator()
            _ = try await ingest.lite.forward(
                bestOf: track,
                to: egress.controlling,
                stream: stream,
                configuration: ForwardingConfiguration(
                    from: send.codec,
                    to: egressSend.codec,
                    waitsForKeyFrame: true,
                    using: &generator
                )
            )
            try await ingest.connected()
            try await egress.connected()
            controls = layers.map { _ in LayerSource.Control() }
            for (layer, control) in zip(layers, controls) {
                send.ssrc = 70 + UInt32(layer.place)
                let outgoing = try await ingest.controlling.addSendStream(send)
                try await ingest.controlling.setSource(for: outgoing) { LayerSource(layer, control) }
            }
        }

        /// The next report about the layers.
        func report() async -> LayerReport? {
            for await event in ingest.lite.events {
                if case .layers(let report) = event { return report }
            }
            return nil
        }

        /// Nothing is missing in what came, nothing goes back, and each layer begins with a key frame.
        func expectContinuity() {
            let packets = received.packets
            for (earlier, later) in zip(packets, packets.dropFirst()) {
                #expect(later.sequenceNumber == earlier.sequenceNumber &+ 1)
                #expect(Int32(bitPattern: later.timestamp &- earlier.timestamp) > 0)
                if later.layer != earlier.layer { #expect(later.isKeyFrame) }
            }
            #expect(packets.first?.isKeyFrame == true)
        }
    }

    private func run(
        _ layers: [LayerSource.Layer],
        _ body: (Path) async throws -> Void
    ) async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        try await body(try await Path(layers, ends: ends, gateway: gateway))
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test(
        "the largest layer is forwarded, wherever it stands in the offer",
        arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]]
    )
    func largest(ranks: [Int]) async throws {
        let layers = ranks.enumerated().map { place, rank in
            LayerSource.Layer(place: UInt8(place), size: Self.sizes[rank], length: 500)
        }
        try await run(layers) { path in
            let best = try #require(ranks.firstIndex(of: 2))
            let report = try #require(await path.report())
            #expect(report.layers.map(\.size) == Self.sizes && report.offered == 3 && report.former == nil)
            #expect(report.layers.map(\.rid) == [0, 1, 2].map { ranks.firstIndex(of: $0).map { "r\($0)" } })
            await path.received.receives(UInt8(best))
            #expect(try await path.egress.controlling.statistics().layers.first?.current == EncodingIndex(UInt8(best)))
            path.expectContinuity()
        }
    }

    @Test("bit rates tell where sizes can't be read")
    func bitrates() async throws {
        let layers = [1_000, 200, 600].enumerated().map { place, length in
            LayerSource.Layer(place: UInt8(place), size: nil, length: length)
        }
        try await run(layers) { path in
            let report = try #require(await path.report())
            #expect(report.layers.map(\.encoding.rawValue) == [1, 2, 0])
            await path.received.receives(0)
            path.expectContinuity()
        }
    }

    @Test("when the best layer stops the next one takes over at a key frame, and gives way when it is back")
    func stopping() async throws {
        let layers = [2, 1, 0].enumerated().map { place, rank in
            LayerSource.Layer(place: UInt8(place), size: Self.sizes[rank], length: 300)
        }
        try await run(layers) { path in
            let first = try #require(await path.report())
            #expect(first.forwarded == EncodingIndex(0))
            await path.received.receives(0)
            path.controls[0].isOn = false
            await path.received.receives(1)
            let second = try #require(await path.report())
            #expect(second.forwarded == EncodingIndex(1) && second.former == EncodingIndex(0))
            path.controls[1].isOn = false
            await path.received.receives(2)
            #expect(path.controls[1].keyFrames >= 2 && path.controls[2].keyFrames >= 2)
            path.controls[1].isOn = true
            await path.received.receives(1)
            path.controls[0].isOn = true
            await path.received.receives(0)
            path.expectContinuity()
            // Back only once it had flowed for a while, so with a key frame of its own.
            #expect(path.controls[0].keyFrames >= 3)
        }
    }
}
