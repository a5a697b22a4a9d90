// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@testable import RTCDriver

@Suite("The best layer through a media worker", .timeLimit(.minutes(1)))
struct BestLayerTests {
    @Test(
        "the largest layer is forwarded, wherever it stands in the offer",
        arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]]
    )
    func largest(ranks: [Int]) async throws {
        let path = try LayeredPath(.best)
        let publisher = try path.publish(LayerSource.Layer.ranked(ranks, length: 500))
        path.run(for: .seconds(2))
        let best = try #require(ranks.firstIndex(of: 2))
        #expect(path.forwarded == [EncodingIndex(UInt8(best))])
        #expect(path.records[0].packets.last?.layer == UInt8(best))
        path.records[0].expectContinuity()
        let report = try #require(await publisher.ingest.end().first)
        #expect(report.layers.map(\.size) == LayerSource.Layer.sizes && report.offered == 3 && report.former == nil)
        #expect(report.layers.map(\.rid) == [0, 1, 2].map { ranks.firstIndex(of: $0).map { "r\($0)" } })
    }

    @Test("bit rates tell where sizes can't be read")
    func bitrates() async throws {
        let layers = [1_000, 200, 600].enumerated().map { place, length in
            LayerSource.Layer(place: UInt8(place), size: nil, length: length)
        }
        let path = try LayeredPath(.best)
        let publisher = try path.publish(layers)
        path.run(for: .seconds(5))
        #expect(path.records[0].packets.last?.layer == 0)
        path.records[0].expectContinuity()
        let report = try #require(await publisher.ingest.end().first)
        #expect(report.layers.map(\.encoding.rawValue) == [1, 2, 0])
    }

    @Test("when the best layer stops the next one takes over at a key frame, and gives way when it is back")
    func stopping() async throws {
        let path = try LayeredPath(.best)
        let publisher = try path.publish(LayerSource.Layer.ranked([2, 1, 0], length: 300))
        path.run(for: .seconds(2))
        #expect(path.forwarded == [EncodingIndex(0)])
        for (place, isOn, next) in [(0, false, 1), (1, false, 2), (1, true, 1), (0, true, 0)] {
            publisher.controls[place].isOn = isOn
            path.run(for: .seconds(3))
            #expect(path.records[0].packets.last?.layer == UInt8(next))
        }
        path.records[0].expectContinuity()
        #expect(publisher.controls[1].keyFrames >= 3 && publisher.controls[2].keyFrames >= 2)
        // Back only once it had flowed for a while, so with a key frame of its own.
        #expect(publisher.controls[0].keyFrames >= 3)
        let reports = await publisher.ingest.end()
        #expect(reports.map { $0.forwarded.rawValue } == [0, 1, 2, 1, 0])
        #expect(reports.map { $0.former?.rawValue } == [nil, 0, 1, 2, 1])
    }
}
