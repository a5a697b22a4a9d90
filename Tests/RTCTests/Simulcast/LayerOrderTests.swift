// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("The order of layers")
struct LayerOrderTests {
    private static let low = PictureSize(width: 320, height: 180)
    private static let middle = PictureSize(width: 640, height: 360)
    private static let high = PictureSize(width: 1_280, height: 720)

    private static func layer(_ size: PictureSize?, _ bitrate: Double? = nil, flows: Bool = true) -> LayerMeasurement {
        LayerMeasurement(isFlowing: flows, size: size, bitrate: bitrate)
    }

    private static func places(_ measurements: [LayerMeasurement]) -> [Int] {
        var order = LayerOrder(count: measurements.count)
        order.arrange(by: measurements)
        return order.places
    }

    @Test(
        "sizes decide, in whatever order the layers were offered",
        arguments: [
            // As Chromium offers them, as OBS 32.1 does, and mixed.
            ([layer(low), layer(middle), layer(high)], [0, 1, 2]),
            ([layer(high), layer(middle), layer(low)], [2, 1, 0]),
            ([layer(middle), layer(high), layer(low)], [2, 0, 1]),
            // Whatever the rates say: a still picture takes little.
            ([layer(high, 90_000), layer(middle, 150_000), layer(low, 200_000)], [2, 1, 0]),
        ]
    )
    func sizes(measurements: [LayerMeasurement], places: [Int]) {
        #expect(Self.places(measurements) == places)
    }

    @Test(
        "bit rates decide where sizes are equal, or one of a flowing layer is not known",
        arguments: [
            ([layer(high, 2e6), layer(high, 1e6), layer(high, 5e5)], [2, 1, 0]),
            ([layer(nil, 2e6), layer(nil, 1e6), layer(nil, 5e5)], [2, 1, 0]),
            ([layer(high, 2e6), layer(nil, 5e5), layer(low, 1e5)], [2, 1, 0]),
            // By rate, although two sizes say otherwise: one measure for all.
            ([layer(low, 2e6), layer(nil, 1e6), layer(high, 5e5)], [2, 1, 0]),
            // What is silent does not keep sizes from deciding.
            ([layer(high, 1e5), layer(nil, flows: false), layer(low, 2e5)], [1, 2, 0]),
        ]
    )
    func bitrates(measurements: [LayerMeasurement], places: [Int]) {
        #expect(Self.places(measurements) == places)
    }

    @Test("while nothing is measured the layers stand as they were offered")
    func nothing() {
        #expect(Self.places([Self.layer(nil), Self.layer(nil), Self.layer(nil)]) == [0, 1, 2])
    }

    @Test("rates that waver change nothing, a clear change does")
    func wavering() {
        var order = LayerOrder(count: 2)
        order.arrange(by: [Self.layer(Self.high, 1e6), Self.layer(Self.high, 2e6)])
        for rate in [1.7e6, 2.2e6, 2.4e6, 1.9e6] {
            order.arrange(by: [Self.layer(Self.high, rate), Self.layer(Self.high, 2e6)])
            #expect(order.places == [0, 1])
        }
        order.arrange(by: [Self.layer(Self.high, 2.6e6), Self.layer(Self.high, 2e6)])
        #expect(order.places == [1, 0])
        order.arrange(by: [Self.layer(Self.high, 1.8e6), Self.layer(Self.high, 2e6)])
        #expect(order.places == [1, 0])
    }

    @Test("all layers keep their places in any order", arguments: 0..<50 as Range<UInt64>)
    func properties(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        let count = Int.random(in: 1...16, using: &numbers)
        var order = LayerOrder(count: count)
        for _ in 0..<100 {
            let layers = (0..<count).map { _ in
                LayerMeasurement(
                    isFlowing: Bool.random(using: &numbers),
                    size: [nil, Self.low, Self.middle, Self.high].randomElement(using: &numbers) ?? nil,
                    bitrate: Bool.random(using: &numbers) ? Double.random(in: 0...1e7, using: &numbers) : nil
                )
            }
            order.arrange(by: layers)
            #expect(order.places.sorted() == Array(0..<count))
            let flowing = order.places.filter { layers[$0].isFlowing }
            guard layers.allSatisfy({ !$0.isFlowing || $0.size != nil }) else { continue }
            let areas = flowing.map { layers[$0].size?.area ?? 0 }
            #expect(areas == areas.sorted())
        }
    }
}
