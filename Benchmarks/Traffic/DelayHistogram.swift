// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How often delays occurred, to the 10 microseconds and up to a second.
package struct DelayHistogram: Sendable {
    private static let resolution: Int64 = 10_000
    private static let places = 100_000
    private var counts: [UInt32] = []

    /// How many delays there are.
    package private(set) var count = 0

    /// Makes an empty histogram.
    package init() {}

    /// Adds a delay; a negative one counts as none, one over a second as a second.
    package mutating func add(_ delay: Duration) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.places + 1) }
        let (seconds, attoseconds) = delay.components
        let place = min(seconds, 2) * 1_000_000_000 + attoseconds / 1_000_000_000
        counts[Int(min(max(place, 0) / Self.resolution, Int64(Self.places)))] += 1
        count += 1
    }

    /// The delay that this share of all does not exceed.
    ///
    /// - Parameter share: between 0 and 1.
    /// - Returns: the delay in milliseconds; `nil` where there is none.
    package func milliseconds(at share: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((share * Double(count)).rounded(.up)))
        var sum = 0
        for (place, number) in counts.enumerated() {
            sum += Int(number)
            if sum >= rank { return Double(place) * Double(Self.resolution) / 1e6 }
        }
        return nil
    }
}

/// The middle of some numbers, and the quarters around it.
package struct Quartiles: Sendable, Hashable {
    /// A quarter of the numbers is not above this.
    package var lower: Double
    /// Half of them is not.
    package var median: Double
    /// Three quarters of them are not.
    package var upper: Double

    /// Finds them, between two numbers by proportion; `nil` where there is no number.
    package init?(_ numbers: [Double]) {
        guard !numbers.isEmpty else { return nil }
        let sorted = numbers.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let (below, above) = (sorted[Int(place.rounded(.down))], sorted[Int(place.rounded(.up))])
            return below + (above - below) * (place - place.rounded(.down))
        }
        lower = quantile(0.25)
        median = quantile(0.5)
        upper = quantile(0.75)
    }
}
