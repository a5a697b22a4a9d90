// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("ICE restarts")
    struct RestartTests {
        /// What the consumer is to receive: longer than the restarts take.
        private static let seconds = 12

        @Test(
            "ICE restarts in mid-stream, refused and good, leave no pause over 500 ms at the SFU's consumer",
            arguments: [
                PublisherCase(
                    implementation: .wrtc,
                    name: "VP8, restarting",
                    codec: "VP8",
                    options: ["--codec", "VP8", "--restart"]
                ),
                PublisherCase(
                    implementation: .chromium,
                    name: "VP8, restarting",
                    codec: "VP8",
                    options: ["--codec", "VP8", "--restart"]
                ),
            ]
        )
        func restart(_ publisher: PublisherCase) async throws {
            let outcome = try await Stage.run("restart-\(publisher.stage)") { stage in
                try await stage.startSkyWay()
                try await stage.startGateway()
                let sink = stage.peer(
                    "consume_whep.py",
                    [
                        "\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2",
                        "--seconds", String(Self.seconds),
                    ],
                    in: .viewer
                )
                let source = publisher.start(on: stage, channel: "stage", seconds: Self.seconds + 3)
                let received = try await sink.result(SinkResult.self, within: .seconds(70))
                return (sink: received, published: try await source.result(Restarted.self, within: .seconds(40)))
            }
            // A trickle, a restart that is refused and leaves all as it was, and one that works.
            #expect(outcome.published.patches == [204, 412, 200])
            #expect(outcome.published.pairChanges >= 2)
            #expect(outcome.sink.video.ratio >= 0.99, "missing: \(outcome.sink.video.missing ?? [])")
            for stream in outcome.sink.streams {
                #expect(stream.lost == 0 && stream.largestGapMilliseconds <= 500)
            }
            print(
                "RESTART \(publisher.testDescription): gaps",
                outcome.sink.streams.map(\.largestGapMilliseconds),
                "ms, sink \(outcome.sink.video.distinct)/\(outcome.sink.video.expected)"
            )
        }
    }

    /// The result of a publisher that has restarted ICE.
    private struct Restarted: Decodable {
        /// The statuses of its PATCH requests.
        let patches: [Int]
        /// How often the pair of candidates in use has become another one.
        let pairChanges: Int
    }
}
