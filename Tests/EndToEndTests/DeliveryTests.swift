// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    /// Frames are counted by the numbers drawn into them.
    @Suite("Delivery")
    struct DeliveryTests {
        private struct Run {
            let publisher: PublisherResult
            let sink: SinkResult
            let page: WatchResult
            /// The longest silences on the wire while the sink measured, in milliseconds.
            let publisherSilence: Int
            let gatewaySilence: Int
        }

        @Test("What is published arrives at the SFU's consumer and on the page", arguments: TestPublisher.allCases)
        func delivers(_ publisher: TestPublisher) async throws {
            let run = try await Stage.run("delivery-\(publisher.rawValue)") { stage in
                try await Self.watch(publisher, on: stage)
            }
            // 10 s of 15 frames each.
            #expect(run.sink.video.expected >= 145)
            #expect(run.sink.video.ratio >= 0.99, "missing: \(run.sink.video.missing ?? [])")
            #expect(run.sink.streams.count == 2)
            // What the publisher itself keeps back on a busy machine is not ours.
            #expect(run.gatewaySilence <= max(500, run.publisherSilence + 100))
            for stream in run.sink.streams {
                #expect(stream.largestGapMilliseconds <= max(500, run.publisherSilence + 200))
                #expect(stream.empty == 0 && stream.timestampJumps == 0)
                #expect(stream.firstSenderReportAfterMilliseconds.map { $0 <= 1000 } == true)
            }
            #expect(run.sink.tone.ratio >= 0.95 && run.sink.tone.risingSteps >= 8)
            #expect(run.sink.deleteStatus == 200)
            #expect(run.page.video.expected >= 140)
            #expect(run.page.video.ratio >= 0.95, "missing: \(run.page.video.missing ?? [])")
            #expect(run.page.video.largestGapMilliseconds.map { $0 <= 1500 } == true)
            #expect(run.page.tone.ratio >= 0.9 && run.page.tone.risingSteps >= 8)
            #expect(run.page.state == "playing" && run.page.sessions == 1)
            // OBS is answered as it expects: it is the client.
            if publisher == .libdatachannel { #expect(run.publisher.setup == "passive") }
            report(run, of: publisher)
        }

        private func report(_ run: Run, of publisher: TestPublisher) {
            let (sink, page) = (run.sink, run.page)
            print(
                "DELIVERY \(publisher.rawValue): sink \(sink.video.distinct)/\(sink.video.expected),",
                "gap \(sink.video.largestGapMilliseconds ?? 0) ms; page \(page.video.distinct)/\(page.video.expected),",
                "gap \(page.video.largestGapMilliseconds ?? 0) ms; tone \(sink.tone.ratio) and \(page.tone.ratio);",
                "silences on the wire: publisher \(run.publisherSilence) ms, gateway \(run.gatewaySilence) ms"
            )
        }

        private static func watch(_ publisher: TestPublisher, on stage: Stage) async throws -> Run {
            try await stage.startSkyWay()
            let gateway = try await stage.startGateway()
            let channel = "stage"
            let capture = try await WireCapture(on: stage, bytes: 64)
            let sink = stage.peer(
                "consume_whep.py",
                ["\(Stage.skyWayURL)/whep/\(channel)", "--wait", "40", "--retry", "0.2"],
                in: .viewer
            )
            let page = stage.peer(
                "watch_chromium.py",
                [
                    "http://\(Namespaces.gatewayAddressForViewers):8080", channel, "--wait", "40",
                    "--screenshot", stage.folder.appending(path: "watch.png").path,
                ],
                in: .viewer
            )
            try await page.event("ready", within: .seconds(30))
            let source = publisher.start(on: stage, channel: channel, seconds: 16)
            try await source.event(publisher.begins, within: .seconds(40))
            let published = try await source.result(PublisherResult.self, within: .seconds(40))
            let received = try await sink.result(SinkResult.self, within: .seconds(40))
            let watched = try await page.result(WatchResult.self, within: .seconds(40))
            try await capture.stop()
            #expect(!gateway.process.hasEnded)
            let window = (received.video.firstAt ?? 0)...(received.video.lastAt ?? 0)
            return Run(
                publisher: published,
                sink: received,
                page: watched,
                publisherSilence: try await capture.longestSilence(from: Namespaces.publisherAddress, in: window),
                gatewaySilence: try await capture.longestSilence(
                    from: Namespaces.gatewayAddressForViewers,
                    in: window
                )
            )
        }
    }
}
