// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("Every layer through a media worker", .timeLimit(.minutes(1)))
struct RankedLayersTests {
    private static let sizes = [180, 360, 720].map { PictureSize(width: $0 * 16 / 9, height: $0) }

    /// A publisher of layers in some order, and a receiver of one stream for each rank.
    private struct Path {
        let ingest: SessionPair
        let egress: SessionPair
        let streams: [SendStreamIndex]
        let controls: [LayerSource.Control]
        let records: [LayerSink.Record]

        init(
            _ layers: [LayerSource.Layer],
            streams count: Int,
            ends: MediaWorker.Handle,
            gateway: MediaWorker.Handle
        ) async throws {
            ingest = try await SessionPair(lite: gateway, controlling: ends)
            egress = try await SessionPair(lite: ends, controlling: gateway)
            var (receive, send) = SessionPair.track(payloadType: 96, ssrc: 0)
            receive.encodings = layers.map { RTPEncoding(ssrc: 70 + UInt32($0.place), rid: "r\($0.place)") }
            let track = try await ingest.lite.addReceiveTrack(receive)
            var streams: [SendStreamIndex] = []
            records = (0..<count).map { _ in LayerSink.Record() }
            var codec = send.codec
            for rank in 0..<count {
                let (egressReceive, egressSend) = SessionPair.track(payloadType: 101, ssrc: 4_242 + UInt32(rank))
                streams.append(try await egress.controlling.addSendStream(egressSend))
                let egressTrack = try await egress.lite.addReceiveTrack(egressReceive)
                let record = records[rank]
                try await egress.lite.setSink(for: egressTrack) { LayerSink(record: record) }
                codec = egressSend.codec
            }
            self.streams = streams
            var generator = SystemRandomNumberGenerator()
            _ = try await ingest.lite.forward(
                layersOf: track,
                to: egress.controlling,
                streams: streams,
                configuration: ForwardingConfiguration(
                    from: send.codec,
                    to: codec,
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

        /// Each stream has one layer only, from a key frame on, with nothing missing and nothing that goes back.
        func expectContinuity(layers: [UInt8?]) {
            for (record, layer) in zip(records, layers) {
                let packets = record.packets
                #expect(packets.allSatisfy { $0.layer == layer })
                #expect(packets.first?.isKeyFrame != false)
                for (earlier, later) in zip(packets, packets.dropFirst()) {
                    #expect(later.sequenceNumber == earlier.sequenceNumber &+ 1)
                    #expect(Int32(bitPattern: later.timestamp &- earlier.timestamp) > 0)
                }
            }
        }
    }

    private func run(
        _ layers: [LayerSource.Layer],
        streams: Int = 3,
        _ body: (Path) async throws -> Void
    ) async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        try await body(try await Path(layers, streams: streams, ends: ends, gateway: gateway))
        await ends.shutdown()
        await gateway.shutdown()
    }

    private static func layers(_ ranks: [Int]) -> [LayerSource.Layer] {
        ranks.enumerated().map { place, rank in
            LayerSource.Layer(place: UInt8(place), size: sizes[rank], length: 400)
        }
    }

    @Test(
        "each rank's stream gets its layer and no other, wherever that stands in the offer",
        arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]]
    )
    func ranks(ranks: [Int]) async throws {
        try await run(Self.layers(ranks)) { path in
            let places = try (0..<3).map { rank in UInt8(try #require(ranks.firstIndex(of: rank))) }
            for (record, place) in zip(path.records, places) { await record.receives(place) }
            let report = try #require(await path.report())
            #expect(report.isWhole && report.layers.map(\.size) == Self.sizes && report.silent.isEmpty)
            #expect(report.forwarded == EncodingIndex(places[2]) && report.turned == nil)
            for record in path.records { await record.receives(count: 60) }
            path.expectContinuity(layers: places)
            let fed = try await path.egress.controlling.statistics().layers
            #expect(fed.map(\.current) == places.map { EncodingIndex($0) })
        }
    }

    @Test("the streams share one timebase, although the layers' own lie eleven seconds apart")
    func timebase() async throws {
        try await run(Self.layers([2, 0, 1])) { path in
            for record in path.records { await record.receives(count: 50) }
            // Pictures of one moment have one number; what tells of the moment here is when they come.
            let moments = path.records.map { record in
                Dictionary(record.packets.map { ($0.number, $0.timestamp) }) { first, _ in first }
            }
            for (number, timestamp) in moments[0] {
                for other in moments.dropFirst() {
                    guard let present = other[number] else { continue }
                    #expect(Int32(bitPattern: present &- timestamp).magnitude < 90_000)
                }
            }
        }
    }

    @Test("when a layer stops the others go on in their streams, and it goes on in its own")
    func stopping() async throws {
        try await run(Self.layers([2, 1, 0])) { path in
            for record in path.records { await record.receives(count: 20) }
            _ = await path.report()
            path.controls[1].isOn = false
            let silent = try #require(await path.report())
            #expect(silent.turned == EncodingIndex(1) && silent.silent == [EncodingIndex(1)])
            #expect(silent.forwarded == EncodingIndex(0))
            let before = path.records[1].packets.count
            // Two seconds, so that what never came is no gap in the stream.
            await path.records[2].receives(count: 100)
            #expect(path.records[1].packets.count == before)
            path.controls[1].isOn = true
            await path.records[1].receives(count: 20)
            let back = try #require(await path.report())
            #expect(back.turned == EncodingIndex(1) && back.silent.isEmpty)
            path.expectContinuity(layers: [2, 1, 0])
        }
    }

    @Test("a wish for a key frame goes to the layer that feeds the stream, and to no other")
    func keyFrames() async throws {
        try await run(Self.layers([2, 1, 0])) { path in
            for record in path.records { await record.receives(count: 40) }
            let before = path.controls.map(\.keyFrames)
            try await path.egress.lite.requestKeyFrame(of: TrackIndex(0))
            while path.controls[2].keyFrames == before[2] { await path.records[0].receives(count: 1) }
            #expect(path.controls[0].keyFrames == before[0] && path.controls[1].keyFrames == before[1])
        }
    }

    @Test("a stream that is held back gets nothing, and goes on with a key frame where it belongs once released")
    func held() async throws {
        try await run(Self.layers([0, 1, 2])) { path in
            for record in path.records { await record.receives(count: 20) }
            try await path.egress.controlling.setHeld(path.streams[2], true)
            let ranked = try await path.egress.controlling.worker.perform(on: path.egress.controlling.id) {
                $0.rankedStreams(of: $1)
            }
            #expect(ranked.map(\.rank) == [0, 1, 2] && ranked.map(\.isHeld) == [false, false, true])
            #expect(ranked.map(\.stream) == path.streams)
            // What was on its way has come once others have.
            await path.records[0].receives(count: 5)
            let before = path.records[2].packets.count
            await path.records[0].receives(count: 40)
            #expect(path.records[2].packets.count == before)
            let keyFrames = path.controls[2].keyFrames
            try await path.egress.controlling.setHeld(path.streams[2], false)
            await path.records[2].receives(count: 20)
            #expect(path.controls[2].keyFrames > keyFrames)
            #expect(path.records[2].packets[before].isKeyFrame)
            path.expectContinuity(layers: [0, 1, 2])
            // Exactly where its layer has them: 1,800 ticks for each picture, those that were held back included.
            let packets = path.records[2].packets
            let (last, first) = (packets[before - 1], packets[before])
            #expect(first.timestamp &- last.timestamp == (first.number &- last.number) &* 1_800)
        }
    }

    @Test("streams for which there is no layer get nothing; the lowest ones are fed")
    func fewerLayers() async throws {
        try await run(Self.layers([1, 0]), streams: 3) { path in
            await path.records[0].receives(1)
            await path.records[1].receives(0)
            await path.records[0].receives(count: 20)
            #expect(path.records[2].packets.isEmpty)
            path.expectContinuity(layers: [1, 0, nil])
        }
    }
}
