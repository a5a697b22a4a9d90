// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Simulcast publishers")
    struct SimulcastTests {
        @Test("All layers go to the SFU, whose consumer gets the best one", arguments: LayerCase.selected)
        func arrives(_ layered: LayerCase) async throws {
            try await SimulcastRun(of: layered).expectDelivery(of: layered)
        }
    }

    @Suite(
        "Simulcast publishers, the whole matrix",
        .enabled(if: LongPart.publishers.isWanted, LongPart.publishers.complaint)
    )
    struct LayeredPublisherMatrixTests {
        @Test("All layers go to the SFU, whose consumer gets the best one", arguments: LayerCase.others)
        func arrives(_ layered: LayerCase) async throws {
            try await SimulcastRun(of: layered).expectDelivery(of: layered)
        }
    }
}

/// One publisher of layers from its offer to the SFU's consumer.
private struct SimulcastRun {
    private static let found = "Simulcast layers found"
    private static let stopped = "A simulcast layer has stopped"
    private static let back = "A simulcast layer is back"
    private static let bestSize = "960x540"

    let sink: SinkResult
    /// What the gateway said of the layers, and what it advised.
    let said: [String]
    let advice: [String]

    init(of layered: LayerCase) async throws {
        self = try await Stage.run(layered.stage) { stage in
            try await stage.startSkyWay()
            let gateway = try await stage.startGateway()
            let source = layered.publisher.start(on: stage, channel: "stage", seconds: layered.pauses ? 40 : 30)
            let best = layered.ranked[0].rid
            _ = try await gateway.process.line("that the best layer was found", within: .seconds(30)) { line in
                line.contains(Self.found) && line.contains("\(best) \(Self.bestSize)") ? line : nil
            }
            let sink = stage.peer(
                "consume_whep.py",
                [
                    "\(Stage.skyWayURL)/whep/stage", "--wait", "20", "--retry", "0.2",
                    "--seconds", String(layered.seconds),
                ],
                in: .viewer
            )
            let received = try await sink.result(SinkResult.self, within: .seconds(60))
            source.process.send(SIGTERM)
            _ = try await source.result(PublisherResult.self, within: .seconds(15))
            let lines = gateway.process.output.lines() + gateway.process.errors.lines()
            return SimulcastRun(
                sink: received,
                said: lines.filter { line in
                    [Self.found, Self.stopped, Self.back].contains { line.contains($0) }
                },
                advice: lines.filter { $0.contains("video.layer=") }.compactMap { $0.split(separator: "] ").last }
                    .map(String.init)
            )
        }
    }

    private init(sink: SinkResult, said: [String], advice: [String]) {
        self.sink = sink
        self.said = said
        self.advice = advice
    }

    func expectDelivery(of layered: LayerCase) {
        let sizes = sink.sizes.map { "\($0.width)x\($0.height): \($0.frames)" }.joined(separator: ", ")
        let gap = sink.streams.filter { $0.timestampJumps == 0 }.map(\.largestGapMilliseconds).max() ?? .max
        print(
            "LAYERS \(layered.testDescription): sink \(sink.video.distinct)/\(sink.video.expected) (\(sizes)),",
            "gap \(sink.video.largestGapMilliseconds ?? 0) ms, packets' gap \(gap) ms"
        )
        #expect(sink.codec == layered.publisher.codec)
        for stream in sink.streams {
            #expect(stream.lost == 0 && stream.empty == 0 && stream.timestampJumps == 0)
            #expect(stream.largestGapMilliseconds <= layered.longestGap)
        }
        let best = sink.sizes.filter { "\($0.width)x\($0.height)" == Self.bestSize }
        if layered.pauses {
            // What the best layer does not bring until the SFU misses it, and until a key frame of the next one begins.
            #expect(sink.video.ratio >= 0.84, "missing: \(sink.video.missing ?? [])")
            #expect(sink.sizes.count == 2 && sink.sizes.allSatisfy { $0.frames >= 30 })
        } else {
            #expect(sink.video.ratio >= 0.99, "missing: \(sink.video.missing ?? [])")
            // Who comes as it begins sees what the SFU has until the best layer's next key frame: a second of OBS.
            let others = sink.sizes.reduce(0) { $0 + $1.frames } - (best.first?.frames ?? 0)
            #expect(others <= 20, "sizes: \(sizes)")
        }
        #expect(best.count == 1 && "\(sink.width)x\(sink.height)" == Self.bestSize)
        expectWords(of: layered)
    }

    /// The log says once which layers there are, lowest quality first, and which one stops and is back.
    private func expectWords(of layered: LayerCase) {
        let rids = layered.ranked.reversed().map(\.rid)
        // Names and sizes, “q 240x135, h 480x270, …”.
        let whole = said.filter { line in
            let list = line.firstMatch(of: /video\.layers=(.*)/).map { $0.1.split(separator: ", ") } ?? []
            return list.compactMap { $0.split(separator: " ").first.map(String.init) } == rids
        }
        #expect(whole.count == 1, "said: \(said)")
        #expect(Set(advice).count == advice.count, "the same was said of several layers")
        guard layered.pauses else { return }
        for words in [Self.stopped, Self.back] {
            let lines = said.filter { $0.contains("\(words)") && $0.contains("video.changed=\(rids[2]) ") }
            #expect(!lines.isEmpty, "said: \(said)")
        }
    }
}
