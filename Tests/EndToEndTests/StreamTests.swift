// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("ICE-TCP")
    struct StreamTests {
        @Test("A browser that is told of TCP alone sees the picture and hears the sound by TCP")
        func watchesByTCP() async throws {
            let seconds = 6
            let watched = try await Stage.run("watch-tcp") { stage in
                try await stage.startSkyWay()
                try await stage.startGateway()
                let page = stage.peer(
                    "watch_chromium.py",
                    [
                        "http://\(Namespaces.gatewayAddressForViewers):8080", "stage", "--wait", "40",
                        "--seconds", String(seconds), "--only-tcp",
                    ],
                    in: .viewer
                )
                let source = PublisherCase.selected[0].start(on: stage, channel: "stage", seconds: 40)
                let watched = try await page.result(WatchResult.self, within: .seconds(70))
                source.process.send(SIGTERM)
                _ = try await source.result(PublisherResult.self, within: .seconds(15))
                return watched
            }
            #expect(watched.statistics?.protocol == "tcp")
            #expect(watched.state == "playing")
            #expect(watched.video.expected >= seconds * 15 * 8 / 10)
            #expect(watched.video.ratio >= 0.95, "missing: \(watched.video.missing ?? [])")
            #expect((watched.video.largestGapMilliseconds ?? .max) <= 1_500)
            // The browser's playout stretches the beginning: what arrived is counted by the packets.
            #expect(watched.tone.ratio >= 0.8)
            #expect(watched.statistics?.streams.allSatisfy { $0.packetsLost == 0 } == true)
            #expect(watched.console.isEmpty)
        }
    }
}
