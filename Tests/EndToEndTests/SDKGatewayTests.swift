// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd.SDK {
    @Suite("The gateway's publications")
    struct GatewayTests {
        private struct Seen: Decodable {
            struct Kinds: Decodable {
                let audio: SDKTones
                let video: SDKPictures
            }

            let publisher: [[String?]]
            let kinds: Kinds
        }

        @Test(
            "A viewer finds them by the room's name alone, whether it is there before or after",
            arguments: [
                ("sfu", TestPublisher.libdatachannel, true), ("sfu", .chromium, false), ("default", .ffmpeg, true),
                ("default", .libdatachannel, false),
            ]
        )
        func seen(type: String, publisher: TestPublisher, isThereBefore: Bool) async throws {
            let run = try await Stage.run("sdk-gateway-\(type)-\(isThereBefore ? "before" : "after")") { stage in
                try await stage.startSkyWay()
                try await stage.startGateway()
                let options = #"{"type":"\#(type)","room":"show","seconds":6}"#
                var viewer: PeerProcess?
                if isThereBefore {
                    viewer = try stage.sdk("sdk_media", "gateway", options: options)
                    try await viewer?.event("waiting", within: .seconds(30))
                }
                let source = publisher.start(on: stage, channel: "show", seconds: 40)
                try await source.event(publisher.begins, within: .seconds(40))
                let watching = try viewer ?? stage.sdk("sdk_media", "gateway", options: options)
                let run = try await watching.result(SDKRun<Seen>.self, within: .seconds(60))
                source.process.send(SIGTERM)
                _ = try await source.result(PublisherResult.self, within: .seconds(15))
                return run
            }
            let (video, audio) = (run.value.kinds.video, run.value.kinds.audio)
            print("SDK GATEWAY \(type): \(video.numbers.count) pictures, ratio \(video.ratio), tones \(audio.steps)")
            #expect(run.value.publisher.count == 2 && run.value.publisher.allSatisfy { $0[1] == "sfu" })
            // 6 s of 15 frames each.
            #expect(video.numbers.count >= 82 && video.ratio >= 0.93)
            #expect(video.counted.map { $0.framesReceived >= 85 && $0.packetsLost == 0 } == true)
            #expect(audio.counted.map { $0.packetsReceived >= 280 && $0.packetsLost == 0 } == true)
            #expect(audio.rising >= 4)
            run.expectConsole()
        }

        @Test(
            "Of a WHIP publisher with three layers the viewer sees the one that it prefers",
            arguments: [
                LayerCase(.wrtc, "seen by the SDK, VP8", codec: "VP8", LayerCase.browser),
                LayerCase(.libdatachannel, "seen by the SDK, as OBS 32.1", codec: "H264", LayerCase.obs),
            ]
        )
        func layers(_ layered: LayerCase) async throws {
            let order = ["low", "high", "mid", "high", "low", "mid"]
            let run = try await Stage.run(layered.stage) { stage in
                try await stage.startSkyWay()
                let gateway = try await stage.startGateway()
                let source = layered.publisher.start(on: stage, channel: "show", seconds: 90)
                try await layered.areForwarded(by: gateway)
                let names = order.map { "\"\($0)\"" }.joined(separator: ",")
                let options = #"{"room":"show","lines":\#(layered.heights),"order":[\#(names)]}"#
                let run = try await stage.sdk("sdk_media", "gatewayLayers", options: options, seconds: 75)
                    .result(SDKRun<SDKLayers>.self, within: .seconds(90))
                source.process.send(SIGTERM)
                _ = try await source.result(PublisherResult.self, within: .seconds(15))
                return run
            }
            let (layers, video) = (run.value, run.value.video)
            let seconds = layers.changes.map(\.seconds)
            let changes = zip(order, seconds).map { "\($0) after \($1) s" }
            print("SDK GATEWAY LAYERS \(layered.testDescription): \(changes),")
            print("\(video.numbers.count) pictures, ratio \(video.ratio), lines \(video.sizes.map(\.height))")
            #expect(layers.encodings == ["low", "mid", "high"] && layers.preferred == "mid")
            #expect(layers.changes.map(\.id) == order)
            // OBS sends a key frame each second and none when asked.
            #expect(seconds.allSatisfy { $0 <= 3 })
            let wanted = order.compactMap { layers.encodings.firstIndex(of: $0) }.map { layered.heights[$0] }
            let shown = video.sizes.dropFirst()
            #expect(shown.count == wanted.count && zip(shown, wanted).allSatisfy { abs($0.height - $1) <= 1 })
            #expect(video.ratio >= 0.93 && video.counted.map { $0.packetsLost == 0 } == true)
            run.expectConsole()
        }
    }
}
