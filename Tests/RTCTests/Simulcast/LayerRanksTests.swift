// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("The ranks of layers")
struct LayerRanksTests {
    /// Layers of which some flow, looked at ten times a second.
    private struct Fixture {
        var ranks: LayerRanks
        var layers: [LayerMeasurement]
        var now = MonotonicTime.milliseconds(1_000)

        init(_ count: Int) {
            ranks = LayerRanks(count: count)
            layers = Array(repeating: LayerMeasurement(isFlowing: false), count: count)
        }

        /// A layer flows, with pictures of a height and a bit rate, as far as they are known.
        mutating func flows(_ place: Int, height: Int? = nil, bitrate: Double? = nil) {
            layers[place].isFlowing = true
            if let height { layers[place].size = PictureSize(width: height * 16 / 9, height: height) }
            layers[place].bitrate = bitrate
        }

        mutating func pauses(_ place: Int) { layers[place] = LayerMeasurement(isFlowing: false) }

        mutating func pass(_ milliseconds: Int) -> [Int]? {
            for _ in 0..<max(1, milliseconds / 100) {
                now = now + .milliseconds(min(100, milliseconds))
                ranks.learn(layers, at: now)
            }
            return ranks.places
        }
    }

    @Test(
        "the first key frames decide at once, in whatever order the layers were offered",
        arguments: [
            // As browsers list them, as OBS 32.1 does, and mixed.
            ([180, 360, 720], [0, 1, 2]), ([720, 480, 240], [2, 1, 0]), ([360, 720, 180], [2, 0, 1]),
            ([720, 180], [1, 0]), ([270, 540, 810, 1_080], [0, 1, 2, 3]), ([1_080, 810, 540, 270], [3, 2, 1, 0]),
        ]
    )
    func sizes(heights: [Int], places: [Int]) {
        var fixture = Fixture(heights.count)
        let before = fixture.pass(0)
        #expect(before == nil)
        for (place, height) in heights.enumerated() {
            fixture.flows(place, height: height)
            let present = fixture.pass(0)
            #expect(present == (place == heights.count - 1 ? places : nil))
        }
    }

    @Test(
        "layers that don't come are waited for a second; they stand where the offer's order has them then",
        arguments: [
            // A browser that has little bandwidth begins with the smallest.
            ([180, nil, nil], [0, 1, 2]), ([nil, nil, 180], [2, 1, 0]), ([180, 360, nil], [0, 1, 2]),
            ([720, 480, nil], [2, 1, 0]), ([nil, 360, 180], [2, 1, 0]), ([nil, 180, 360], [0, 1, 2]),
        ] as [([Int?], [Int])]
    )
    func missing(heights: [Int?], places: [Int]) {
        var fixture = Fixture(heights.count)
        for (place, height) in heights.enumerated() where height != nil { fixture.flows(place, height: height) }
        let early = fixture.pass(900)
        #expect(early == nil)
        let late = fixture.pass(200)
        #expect(late == places)
    }

    @Test("a layer that comes later takes its place by its size, at once")
    func later() {
        var fixture = Fixture(3)
        fixture.flows(0, height: 360)
        let first = fixture.pass(1_100)
        #expect(first == [0, 1, 2])
        fixture.flows(2, height: 180)
        #expect(!fixture.ranks.isMeasured(2))
        let second = fixture.pass(0)
        #expect(second == [2, 1, 0])
        #expect(fixture.ranks.isMeasured(0) && fixture.ranks.isMeasured(2) && !fixture.ranks.isMeasured(1))
        fixture.flows(1, height: 720)
        let third = fixture.pass(0)
        #expect(third == [2, 0, 1])
    }

    @Test("bit rates decide where sizes can't be read, once they are measured")
    func bitrates() {
        var fixture = Fixture(3)
        for place in 0..<3 { fixture.flows(place) }
        let unmeasured = fixture.pass(1_500)
        #expect(unmeasured == nil)
        for (place, bitrate) in [2e6, 5e5, 1e6].enumerated() { fixture.flows(place, bitrate: bitrate) }
        let measured = fixture.pass(0)
        #expect(measured == [1, 2, 0])
        // A publisher that takes from its best layer alone moves nothing.
        fixture.flows(0, bitrate: 3e5)
        let starved = fixture.pass(30_000)
        #expect(starved == [1, 2, 0])
    }

    @Test("layers of one size are told apart by their rates")
    func sameSize() {
        var fixture = Fixture(2)
        fixture.flows(0, height: 720)
        fixture.flows(1, height: 720)
        let early = fixture.pass(500)
        #expect(early == nil)
        fixture.flows(0, height: 720, bitrate: 2e6)
        fixture.flows(1, height: 720, bitrate: 1e6)
        let decided = fixture.pass(700)
        #expect(decided == [1, 0])
    }

    @Test("a rank stays with its layer when one pauses, and when it comes back", arguments: 0..<3)
    func paused(place: Int) {
        var fixture = Fixture(3)
        for (place, height) in [180, 360, 720].enumerated() { fixture.flows(place, height: height, bitrate: 1e6) }
        _ = fixture.pass(1_000)
        fixture.pauses(place)
        let paused = fixture.pass(60_000)
        #expect(paused == [0, 1, 2])
        fixture.flows(place, height: [180, 360, 720][place], bitrate: 1e4)
        let back = fixture.pass(10_000)
        #expect(back == [0, 1, 2])
    }

    @Test("a layer that pauses while the picture becomes larger keeps its rank, and so do the others")
    func growing() {
        var fixture = Fixture(3)
        for (place, height) in [180, 360, 720].enumerated() { fixture.flows(place, height: height) }
        let before = fixture.pass(0)
        #expect(before == [0, 1, 2])
        fixture.pauses(2)
        fixture.flows(0, height: 400)
        fixture.flows(1, height: 800)
        let during = fixture.pass(5_000)
        #expect(during == [0, 1, 2])
        fixture.flows(2, height: 1_600)
        let after = fixture.pass(5_000)
        #expect(after == [0, 1, 2])
    }

    @Test("a picture that changes its size layer by layer moves nothing, one that has changed for good does")
    func resized() {
        var fixture = Fixture(2)
        fixture.flows(0, height: 100)
        fixture.flows(1, height: 150)
        _ = fixture.pass(100)
        fixture.flows(0, height: 200)
        let between = fixture.pass(1_900)
        #expect(between == [0, 1])
        fixture.flows(1, height: 300)
        let after = fixture.pass(5_000)
        #expect(after == [0, 1])
        fixture.flows(0, height: 400)
        let doubted = fixture.pass(1_900)
        #expect(doubted == [0, 1])
        let swapped = fixture.pass(300)
        #expect(swapped == [1, 0])
    }

    @Test("all layers have a rank whatever is measured", arguments: 0..<50 as Range<UInt64>)
    func properties(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        let count = Int.random(in: 1...16, using: &numbers)
        var fixture = Fixture(count)
        for _ in 0..<200 {
            for place in 0..<count {
                fixture.layers[place] = LayerMeasurement(
                    isFlowing: Bool.random(using: &numbers),
                    size: [nil, 180, 360, 720].randomElement(using: &numbers)?
                        .map { PictureSize(width: 320, height: $0) },
                    bitrate: Bool.random(using: &numbers) ? Double.random(in: 0...1e7, using: &numbers) : nil
                )
            }
            let places = fixture.pass(Int.random(in: 1...2_000, using: &numbers))
            #expect(places.map { $0.sorted() == Array(0..<count) } ?? true)
        }
    }
}
