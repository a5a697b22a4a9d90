// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("H264 as encoders make it")
    struct H264Tests {
        /// A stream of `media.H264_STREAMS`, in OBS's shape of an offer, which says Constrained Baseline.
        struct Encoding: CustomTestStringConvertible {
            let name: String
            let testDescription: String
            /// What the gateway says about it, once.
            var warnings: [String] = []
            /// How long it takes until the consumer has seen enough key frames.
            var seconds = 5
            var keyFrames = 4
            /// Whether its pictures are shown in another order than they are sent in.
            var reorders = false
        }

        private struct Run {
            let sink: SinkResult
            let log: [String]
        }

        @Test("What reaches the SFU has parameter sets before each key frame", arguments: encodings)
        func arrives(_ encoding: Encoding) async throws {
            let run = try await Stage.run("h264-\(encoding.name)") { stage in try await Self.run(encoding, on: stage) }
            let (video, keyFrames) = (run.sink.video, run.sink.keyFrames)
            print(
                "H264 \(encoding.name): \(video.distinct)/\(video.expected) frames, \(keyFrames.count) key frames,",
                "\(keyFrames.bare.count) of them bare, \(keyFrames.backwards) backwards"
            )
            #expect(video.ratio >= 0.99, "missing: \(video.missing ?? [])")
            #expect(keyFrames.count >= encoding.keyFrames && keyFrames.bare.isEmpty)
            #expect((keyFrames.backwards > 0) == encoding.reorders)
            for stream in run.sink.streams { #expect(stream.lost == 0 && stream.empty == 0) }
            for warning in Self.warnings {
                let said = run.log.filter { $0.contains(warning) }
                #expect(said.count == (encoding.warnings.contains(warning) ? 1 : 0), "\(warning): \(said)")
            }
        }

        private static func run(_ encoding: Encoding, on stage: Stage) async throws -> Run {
            try await stage.startSkyWay()
            let gateway = try await stage.startGateway()
            let sink = stage.peer(
                "consume_whep.py",
                [
                    "\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2",
                    "--seconds", String(encoding.seconds),
                ],
                in: .viewer
            )
            let source = stage.peer(
                "publish_libdatachannel.py",
                ["\(Stage.gatewayURL)/whip/stage", "--seconds", "24", "--stream", encoding.name],
                in: .publisher
            )
            let received = try await sink.result(SinkResult.self, within: .seconds(60))
            source.process.send(SIGTERM)
            _ = try await source.result(PublisherResult.self, within: .seconds(15))
            return Run(sink: received, log: gateway.process.output.lines() + gateway.process.errors.lines())
        }

        private static let encodings = [
            Encoding(name: "once", testDescription: "parameter sets before the first key frame alone"),
            Encoding(name: "out-of-band", testDescription: "parameter sets in the offer alone"),
            Encoding(
                name: "b-frames",
                testDescription: "B-frames, Main profile",
                warnings: [profile, pictures],
                reorders: true
            ),
            Encoding(name: "high", testDescription: "High profile", warnings: [profile]),
            Encoding(
                name: "long-interval",
                testDescription: "a key frame each 10 s",
                warnings: [interval, requests],
                seconds: 3,
                // Only the first one, which is not counted.
                keyFrames: 0
            ),
        ]

        private static let profile = "H264 profile is above the declared one"
        private static let pictures = "sends B-frames"
        private static let interval = "key frames are more than 4 s apart"
        private static let requests = "ignores requests for key frames"
        private static let warnings = [profile, pictures, interval, requests]
    }
}
