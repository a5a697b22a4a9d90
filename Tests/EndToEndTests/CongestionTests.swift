// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("A way to the SFU that carries too little")
    struct CongestionTests {
        @Test("A publisher sends what fits once the way carries half, and all again once it carries that")
        func heeded() async throws {
            try await CongestionRun(publisher: .busy(.wrtc), capped: 16, leave: 6).outcome().expectHeeded()
        }
    }

    @Suite(
        "A way to the SFU that carries too little, at length",
        .enabled(if: LongPart.congestion.isWanted, LongPart.congestion.complaint)
    )
    struct CongestionMatrixTests {
        @Test("A publisher sends what fits", arguments: [PublisherCase.busy(.wrtc), .busy(.chromium)])
        func heeded(_ publisher: PublisherCase) async throws {
            try await CongestionRun(publisher: publisher).outcome().expectHeeded()
        }

        @Test("Of three layers the highest one goes", arguments: [PublisherCase.layered(.wrtc), .layered(.chromium)])
        func layers(_ publisher: PublisherCase) async throws {
            let outcome = try await CongestionRun(publisher: publisher).outcome()
            outcome.expectHeeded(least: 0.5)
            // The whole, then less of it, then the whole again.
            #expect(outcome.sink.sizes.count >= 2)
        }

        @Test("With a publisher that heeds nothing sound stays whole")
        func unheeded() async throws {
            try await CongestionRun(publisher: .unheeding).outcome().expectWholeSound()
        }
    }
}

extension PublisherCase {
    /// One layer of a picture that takes what bit rate it gets.
    fileprivate static func busy(_ implementation: Implementation) -> PublisherCase {
        PublisherCase(
            implementation: implementation,
            name: "busy",
            codec: "VP8",
            options: ["--codec", "VP8", "--layers", "f:1:1200000", "--noise"]
        )
    }

    fileprivate static func layered(_ implementation: Implementation) -> PublisherCase {
        PublisherCase(
            implementation: implementation,
            name: "busy layers",
            codec: "VP8",
            options: ["--codec", "VP8", "--layers", "q:4:150000,h:2:400000,f:1:1000000", "--noise"]
        )
    }

    fileprivate static let unheeding = PublisherCase(
        implementation: .ffmpeg,
        name: "busy",
        codec: "H264",
        options: ["--bitrate", "1000k", "--noise"]
    )
}
