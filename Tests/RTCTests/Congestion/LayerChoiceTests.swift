// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Choice of layers")
struct LayerChoiceTests {
    /// Three layers of 150, 500 and 1,500 kbit/s.
    private static func wish(
        preferred: Int = 2,
        target: Int = 0,
        active: [Bool] = [true, true, true],
        mayRise: Bool = true
    ) -> LayerWish {
        LayerWish(
            layers: zip(active, [150_000, 500_000, 1_500_000] as [Double]).map {
                LayerWish.Layer(isActive: $0, bitrate: $1)
            },
            preferred: preferred,
            target: target,
            mayRise: mayRise
        )
    }

    @Test(
        "without an estimate it is the best active layer up to the preferred one, else the lowest active one",
        arguments: [
            (2, [true, true, true], 2), (1, [true, true, true], 1), (0, [true, true, true], 0),
            (2, [true, true, false], 1), (2, [true, false, false], 0), (2, [false, false, true], 2),
            (0, [false, true, true], 1), (1, [false, false, true], 2), (9, [true, true, true], 2),
            // with nothing there it stays what it is
            (2, [false, false, false], 1),
        ] as [(Int, [Bool], Int)]
    )
    func activity(preferred: Int, active: [Bool], expected: Int) {
        let choice = LayerChoice([Self.wish(preferred: preferred, target: 1, active: active)], available: nil)
        #expect(choice.targets == [expected] && choice.missing == nil)
    }

    @Test(
        "the best layer that fits is given; a better one only with room to spare, a kept one also where it is tight",
        arguments: [
            (0, 100_000, 0), (0, 540_000, 0), (0, 560_000, 1), (0, 1_600_000, 1), (0, 1_700_000, 2),
            (1, 480_000, 1), (1, 470_000, 0), (2, 1_430_000, 2), (2, 1_420_000, 1), (2, 100_000, 0),
        ] as [(Int, Double, Int)]
    )
    func bandwidth(target: Int, available: Double, expected: Int) {
        let choice = LayerChoice([Self.wish(target: target)], available: available)
        #expect(choice.targets == [expected])
        // What would have to be there for a step above the present one is told.
        if expected >= target { #expect((choice.missing == nil) == (expected == 2)) }
    }

    @Test("several receivers share: everybody the lowest, then each in turn one step more")
    func sharing() {
        let wishes = [Self.wish(), Self.wish(), Self.wish(preferred: 0)]
        #expect(LayerChoice(wishes, available: 300_000).targets == [0, 0, 0])
        #expect(LayerChoice(wishes, available: 900_000).targets == [1, 0, 0])
        #expect(LayerChoice(wishes, available: 1_300_000).targets == [1, 1, 0])
        #expect(LayerChoice(wishes, available: 2_500_000).targets == [2, 1, 0])
        #expect(LayerChoice(wishes, available: 4_000_000).targets == [2, 2, 0])
    }

    @Test("a layer whose rate is not known, and any better one shortly after congestion, is not risen to")
    func holding() {
        var unmeasured = Self.wish()
        unmeasured.layers[1].bitrate = nil
        #expect(LayerChoice([unmeasured], available: 5_000_000).targets == [0])
        let held = LayerChoice([Self.wish(mayRise: false)], available: 5_000_000)
        #expect(held.targets == [0] && held.missing == nil)
        #expect(LayerChoice([Self.wish(target: 1, mayRise: false)], available: 5_000_000).targets == [1])
        // Before anything is given every layer is a rise.
        unmeasured.target = -1
        #expect(LayerChoice([unmeasured], available: 5_000_000).targets == [0])
        #expect(LayerChoice([unmeasured], available: nil).targets == [2])
    }
}
