// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// A consumer of several layers (protocol page §§3.5 (7), 7.6, 7.7).
@Suite(.timeLimit(.minutes(1))) struct LayerChangeTests {
    /// Runs `body` with a path of three layers whose viewer gets the highest one.
    private func run(_ body: (EnginePath) async throws -> Void) async throws {
        let certificate = try #require(MediaClient.certificate)
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let engine = WorkerMediaEngine(worker: worker, certificate: certificate)
        try await MediaClient.run { client in
            let path = try await EnginePath.open(on: engine, client: client, encodings: 3)
            try await path.record.receivedNext(ofLayer: 2)
            try await body(path)
        }
        await engine.shutdown()
    }

    /// Checks that a viewer sees one stream: no gap, no step back, a key frame wherever the layer changes.
    private func expectOneStream(_ received: [FrameRecorder.Frame]) throws {
        // What came before the viewer had its keys is lost; it sees the picture from its first key frame.
        let frames = Array(received.drop { !$0.isKeyFrame })
        let first = try #require(frames.first)
        #expect(frames.map(\.sequenceNumber) == (0..<frames.count).map { first.sequenceNumber &+ UInt16($0) })
        #expect(frames.allSatisfy { $0.ssrc == 777 && $0.payloadType == 101 && $0.mid })
        for (earlier, later) in zip(frames, frames.dropFirst()) {
            #expect(Int32(bitPattern: later.timestamp &- earlier.timestamp) > 0)
            if later.layer != earlier.layer { #expect(later.isKeyFrame) }
        }
    }

    @Test("A running consumer changes its layer with a key frame and without a break, down and up")
    func changes() async throws {
        try await run { path in
            for (layer, isSame) in [(0, false), (1, false), (2, false), (2, true), (9, true), (1, false)] {
                let asked = path.wishes[min(layer, 2)].value
                try await path.engine.selectEncoding(layer, ofConsumer: "consumer")
                try await path.record.receivedNext(ofLayer: UInt8(min(layer, 2)))
                if !isSame { #expect(path.wishes[layer].value > asked) }
            }
            try expectOneStream(path.record.frames)
            let consumer = await path.engine.statistics(ofTransport: "viewer")?.consumers.first
            #expect(consumer?.currentLayer == 1 && consumer?.targetLayer == 1)
            await #expect(throws: MediaEngineError.unknownConsumer) {
                try await path.engine.selectEncoding(0, ofConsumer: "nobody")
            }
        }
    }

    @Test("A layer that stops is replaced by the next lower one, and comes back when it is there again")
    func inactivity() async throws {
        try await run { path in
            path.wishes[2].isPaused = true
            try await path.record.receivedNext(ofLayer: 1)
            path.wishes[1].isPaused = true
            try await path.record.receivedNext(ofLayer: 0)
            path.wishes[2].isPaused = false
            try await path.record.receivedNext(ofLayer: 2)
            try expectOneStream(path.record.frames)
        }
    }

    @Test("Where nothing at or below the preferred layer is there, the lowest one above is sent")
    func onlyAbove() async throws {
        try await run { path in
            path.wishes[0].isPaused = true
            try await path.engine.selectEncoding(0, ofConsumer: "consumer")
            try await path.record.receivedNext(ofLayer: 1)
            try expectOneStream(path.record.frames)
        }
    }
}
