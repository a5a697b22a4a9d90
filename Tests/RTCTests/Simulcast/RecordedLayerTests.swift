// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RTC

/// From a real publisher's offer to the order of its layers.
@Suite("Layers of recorded offers")
struct RecordedLayerTests {
    /// An offer, and the heights of the layers that it stands for.
    struct Recording: CustomTestStringConvertible, Sendable {
        let offer: String
        let heights: [String: Int]
        /// Whether the offer lists its layers the other way round.
        var isReversed = false

        var testDescription: String { offer + (isReversed ? ", reversed" : "") }

        /// The layers, lowest quality first.
        var ranked: [String] { heights.keys.sorted { heights[$0, default: 0] < heights[$1, default: 0] } }

        func text() throws -> String {
            let text = try SDPSamples.offer(offer)
            guard isReversed else { return text }
            let list = try #require(text.firstMatch(of: /a=simulcast:send (\S+)/)).1
            return text.replacing(
                "send \(list)",
                with: "send " + list.split(separator: ";").reversed().joined(separator: ";")
            )
        }
    }

    private static let browser = ["q": 180, "h": 360, "f": 720]
    private static let recordings = [
        Recording(offer: "chromium156-simulcast-vp8", heights: browser),
        Recording(offer: "chromium156-simulcast-h264", heights: browser),
        Recording(offer: "obs-32.1-simulcast-constructed", heights: ["0": 720, "1": 480, "2": 240]),
    ]

    @Test(
        "are found by their names and ordered by their sizes, in whatever order they were offered",
        arguments: recordings + recordings.map { Recording(offer: $0.offer, heights: $0.heights, isReversed: true) }
    )
    func ordered(recording: Recording) throws {
        let answer = try SDPSamples.answer(recording.text(), features: SDPSamples.features)
        let track = try #require(answer.receiveTracks.first { $0.kind == .video })
        let rids = track.encodings.compactMap(\.rid)
        #expect(rids.count == 3 && Set(rids) == Set(recording.heights.keys))
        #expect(answer.values("a=simulcast:") == ["recv " + rids.joined(separator: ";")])

        var tracks = IncomingTracks()
        for parameters in answer.receiveTracks { _ = try tracks.add(parameters) }
        var measurements = rids.map { _ in LayerMeasurement(isFlowing: false) }
        for (number, rid) in recording.heights.keys.sorted().enumerated() {
            var extensions = PacketExtensions()
            extensions.mid = track.mid.flatMap { ShortIdentifier($0) }
            extensions.rtpStreamID = ShortIdentifier(rid)
            let payloadType = try #require(track.codecs.first).payloadType
            let header = try RTPHeader.sample(1, ssrc: UInt32(number + 1), payloadType: payloadType)
            let slot = try tracks.identify(header, extensions, at: .milliseconds(0)).slot
            let place = Int(try #require(tracks.streams[slot]).encoding.rawValue)
            #expect(rids[place] == rid)
            let height = recording.heights[rid, default: 0]
            measurements[place] = LayerMeasurement(
                isFlowing: true,
                size: PictureSize(width: height * 16 / 9, height: height)
            )
        }
        var order = LayerOrder(count: 3)
        order.arrange(by: measurements)
        #expect(order.places.map { rids[$0] } == recording.ranked)
    }
}
