// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Publishers")
    struct PublisherTests {
        @Test("What a publisher sends arrives at the SFU's consumer", arguments: PublisherCase.selected)
        func arrives(_ publisher: PublisherCase) async throws {
            try await PublisherRun(of: publisher).expectDelivery(from: publisher)
        }
    }

    @Suite("Publishers, the whole matrix", .enabled(if: LongPart.publishers.isWanted, LongPart.publishers.complaint))
    struct PublisherMatrixTests {
        @Test("What a publisher sends arrives at the SFU's consumer", arguments: PublisherCase.others)
        func arrives(_ publisher: PublisherCase) async throws {
            try await PublisherRun(of: publisher).expectDelivery(from: publisher)
        }
    }
}

/// One publisher from its offer to the SFU's consumer.
private struct PublisherRun {
    private static let seconds = 6
    let sink: SinkResult
    let published: PublisherResult

    init(of publisher: PublisherCase) async throws {
        self = try await Stage.run("publisher-\(publisher.stage)") { stage in
            try await stage.startSkyWay(publisher.routerCodecs.map { ["--router-codecs", $0] } ?? [])
            try await stage.startGateway(
                settings: publisher.preferredCodecs.map { ["GATEWAY_CODECS": $0] } ?? [:]
            )
            let sink = stage.peer(
                "consume_whep.py",
                [
                    "\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2",
                    "--seconds", String(Self.seconds),
                ] + (publisher.only.map { ["--only", $0] } ?? []),
                in: .viewer
            )
            let source = publisher.start(on: stage, channel: "stage", seconds: 16)
            let received = try await sink.result(SinkResult.self, within: .seconds(60))
            source.process.send(SIGTERM)
            let published = try await source.result(PublisherResult.self, within: .seconds(15))
            return PublisherRun(sink: received, published: published)
        }
    }

    private init(sink: SinkResult, published: PublisherResult) {
        self.sink = sink
        self.published = published
    }

    func expectDelivery(from publisher: PublisherCase) {
        #expect(sink.codec == publisher.codec)
        if publisher.only != "audio" {
            #expect(sink.video.expected >= Self.seconds * 15 * 9 / 10)
            // libaom now and then leaves out a cell of the number: then the picture arrived, and is not readable.
            let arrived = publisher.codec == "AV1" ? Double(sink.video.frames) / Double(sink.video.expected) : 1
            #expect(arrived >= 0.99)
            #expect(
                sink.video.ratio >= (publisher.codec == "AV1" ? 0.9 : 0.99),
                "missing: \(sink.video.missing ?? [])"
            )
        }
        if publisher.only != "video" {
            #expect(sink.tone.ratio >= 0.95 && sink.tone.risingSteps >= Self.seconds - 2)
        }
        #expect(sink.streams.count == (publisher.only == nil ? 2 : 1))
        for stream in sink.streams {
            #expect(stream.lost == 0 && stream.empty == 0 && stream.timestampJumps == 0)
            #expect(stream.largestGapMilliseconds <= 500)
        }
        // Chromium's page and FFmpeg end their sessions themselves.
        #expect(published.deleteStatus ?? 200 == 200)
        if publisher.implementation == .gstreamer {
            // What no other publisher's offer has.
            #expect(published.certificateKey == "RSA" && published.mids == ["video0", "audio1"])
            #expect(published.portsOfZero == 1)
        }
        print(
            "PUBLISHER \(publisher.testDescription): \(sink.codec ?? "sound"), sink \(sink.video.distinct)/\(sink.video.expected),",
            "gap \(sink.video.largestGapMilliseconds ?? 0) ms, tone \(sink.tone.ratio),",
            "packets lost \(sink.streams.map(\.lost))"
        )
    }
}
