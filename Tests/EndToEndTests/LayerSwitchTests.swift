// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Layers at the viewer")
    struct LayerSwitchTests {
        @Test("The viewer gets the layer that it asks for", arguments: LayerSwitchRun.selected)
        func changes(_ layered: LayerCase) async throws {
            try await LayerSwitchRun(of: layered, changes: 4).expectChanges(of: layered)
        }
    }

    @Suite(
        "Layers at the viewer, twenty changes",
        .enabled(if: LongPart.layers.isWanted, LongPart.layers.complaint)
    )
    struct LayerSwitchLengthTests {
        @Test("The viewer gets the layer that it asks for", arguments: LayerSwitchRun.all)
        func changes(_ layered: LayerCase) async throws {
            try await LayerSwitchRun(of: layered, changes: 20).expectChanges(of: layered)
        }
    }
}

/// One viewer that goes from layer to layer of a publisher's picture, as SkyWay's SDK has it.
private struct LayerSwitchRun {
    static let selected = [
        LayerCase(.wrtc, "switched, VP8", codec: "VP8", LayerCase.browser),
        LayerCase(.libdatachannel, "switched, as OBS 32.1", codec: "H264", LayerCase.obs),
    ]

    static let all =
        selected + [
            LayerCase(.chromium, "switched, VP8", codec: "VP8", LayerCase.browser),
            LayerCase(.chromium, "switched, H264", codec: "H264", LayerCase.browser),
            LayerCase(.wrtc, "switched, VP8, the best layer first", codec: "VP8", LayerCase.browser.reversed()),
        ]

    /// The result of `switch_layers.py`.
    private struct Result: Decodable {
        struct Change: Decodable {
            let layer: Int
            let seconds: Double
        }

        let encodings: [String]
        let changes: [Change]
        let backwards: Int
        let video: FrameNumbers
        let streams: [PacketStream]
        let codec: String?
        let deleteStatus: Int
    }

    private let result: Result
    private let order: [Int]

    /// Lets a viewer change its layer so many times: down, up and to the middle, over and over.
    init(of layered: LayerCase, changes: Int) async throws {
        let order = (0..<changes).map { [0, 2, 1][$0 % 3] }
        self = try await Stage.run(layered.stage) { stage in
            try await stage.startSkyWay(["--local-api"])
            let gateway = try await stage.startGateway()
            let source = layered.publisher.start(on: stage, channel: "stage", seconds: 40 + 5 * changes)
            try await layered.areForwarded(by: gateway)
            let viewer = stage.peer(
                "switch_layers.py",
                [
                    Stage.skyWayURL, "stage", "--order", order.map(String.init).joined(separator: ","),
                    "--heights", layered.heights.map(String.init).joined(separator: ","),
                ],
                in: .viewer
            )
            let result = try await viewer.result(Result.self, within: .seconds(60 + 10 * changes))
            source.process.send(SIGTERM)
            _ = try await source.result(PublisherResult.self, within: .seconds(15))
            return LayerSwitchRun(result: result, order: order)
        }
    }

    private init(result: Result, order: [Int]) {
        self.result = result
        self.order = order
    }

    func expectChanges(of layered: LayerCase) {
        let seconds = result.changes.map(\.seconds).sorted()
        let gap = result.streams.map(\.largestGapMilliseconds).max() ?? .max
        print(
            "LAYER CHANGES \(layered.testDescription): \(seconds.count), median",
            "\(seconds.isEmpty ? 0 : seconds[seconds.count / 2]) s, longest \(seconds.last ?? 0) s,",
            "packets' gap \(gap) ms, pictures \(result.video.distinct)/\(result.video.expected)"
        )
        #expect(result.encodings == ["low", "mid", "high"] && result.codec == layered.publisher.codec)
        #expect(result.changes.map(\.layer) == order)
        // OBS sends a key frame each second and none when asked.
        let limit = layered.publisher.implementation == .libdatachannel ? 3.0 : 2.0
        #expect(seconds.allSatisfy { $0 <= limit }, "changes: \(result.changes)")
        #expect(result.backwards == 0)
        for stream in result.streams {
            #expect(stream.lost == 0 && stream.empty == 0 && stream.timestampJumps == 0)
            #expect(stream.largestGapMilliseconds <= 500)
        }
        #expect(result.video.ratio >= 0.97, "missing: \(result.video.missing ?? [])")
        #expect(result.deleteStatus == 200)
    }
}
