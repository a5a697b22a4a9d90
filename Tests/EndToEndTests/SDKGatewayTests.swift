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

        private struct Simulcast: Decodable {
            let encodings: [String]
            let video: SDKPictures
        }

        @Test("Of a WHIP publisher with three layers the viewer sees the one that is forwarded")
        func simulcast() async throws {
            let run = try await Stage.run("sdk-gateway-simulcast") { stage in
                try await stage.startSkyWay()
                try await stage.startGateway()
                let url = "http://\(Namespaces.gatewayAddressForViewers):8080"
                let options = #"{"url":"\#(url)","room":"show","seconds":5}"#
                return try await stage.sdk("sdk_media", "gatewaySimulcast", options: options)
                    .result(SDKRun<Simulcast>.self, within: .seconds(90))
            }
            let video = run.value.video
            print("SDK GATEWAY SIMULCAST: \(video.sizes.map(\.height)) lines, \(video.numbers.count) pictures")
            #expect(run.value.encodings.count <= 1)
            // One browser encodes three layers and watches: some pictures are left out before they are sent.
            #expect(video.numbers.count >= 68 && video.ratio >= 0.9)
            #expect(Set(video.sizes.map(\.height)) == [544])
            run.expectConsole()
        }
    }
}
