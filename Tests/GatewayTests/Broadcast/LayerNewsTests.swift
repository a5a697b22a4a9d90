// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import Testing

@testable import Gateway

@Suite("What the log says of layers")
struct LayerNewsTests {
    private static func report(
        forwarded: UInt8,
        former: UInt8? = nil,
        offered: Int = 3,
        isWhole: Bool = false,
        silent: Set<EncodingIndex> = [],
        turned: UInt8? = nil
    ) -> LayerReport {
        LayerReport(
            track: TrackIndex(1),
            layers: [
                LayerReport.Layer(encoding: EncodingIndex(2), rid: nil, size: nil, bitrate: nil),
                LayerReport.Layer(encoding: EncodingIndex(1), rid: "1", size: nil, bitrate: 250_400),
                LayerReport.Layer(
                    encoding: EncodingIndex(0),
                    rid: "0",
                    size: PictureSize(width: 1_280, height: 720),
                    bitrate: 2e6
                ),
            ],
            offered: offered,
            forwarded: EncodingIndex(forwarded),
            former: former.map { EncodingIndex($0) },
            isWhole: isWhole,
            silent: silent,
            turned: turned.map { EncodingIndex($0) }
        )
    }

    @Test("the layers by name and size, or else by rate, from the lowest up, and the one that is forwarded")
    func found() {
        let news = LayerNews(Self.report(forwarded: 0))
        #expect("\(news.message)" == "Simulcast layers found; the best one is forwarded")
        #expect(news.metadata["video.layers"] == "layer 2, 1 250 kbit/s, 0 1280x720")
        #expect(news.metadata["video.forwarded"] == "0 1280x720")
        #expect(news.metadata["video.offered"] == nil)
        #expect(LayerNews(Self.report(forwarded: 0, offered: 4)).metadata["video.offered"] == "4")
    }

    @Test("that all are forwarded, where they are")
    func whole() {
        let news = LayerNews(Self.report(forwarded: 0, isWhole: true))
        #expect("\(news.message)" == "Simulcast layers found; all are forwarded")
        #expect(news.metadata == ["video.layers": "layer 2, 1 250 kbit/s, 0 1280x720"])
    }

    @Test("one of them that stops, and that comes back")
    func turned() {
        let stopped = LayerNews(Self.report(forwarded: 1, isWhole: true, silent: [EncodingIndex(0)], turned: 0))
        #expect("\(stopped.message)" == "A simulcast layer has stopped")
        #expect(stopped.metadata == ["video.changed": "0 1280x720"])
        let back = LayerNews(Self.report(forwarded: 0, isWhole: true, turned: 0))
        #expect("\(back.message)" == "A simulcast layer is back" && back.metadata == ["video.changed": "0 1280x720"])
    }

    @Test("another one that is forwarded, with the one before")
    func changed() {
        let news = LayerNews(Self.report(forwarded: 1, former: 0))
        #expect("\(news.message)" == "Another simulcast layer is forwarded")
        #expect(news.metadata["video.former"] == "0 1280x720")
        #expect(news.metadata["video.forwarded"] == "1 250 kbit/s")
    }
}
