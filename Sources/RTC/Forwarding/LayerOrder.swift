// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What is measured of one layer of a track.
package struct LayerMeasurement: Hashable, Sendable, BitwiseCopyable {
    /// Whether packets come.
    package var isFlowing: Bool
    /// The size of its picture, where a key frame has told it.
    package var size: PictureSize?
    /// Bits per second; `nil` while that has not been measured.
    package var bitrate: Double?

    /// Makes a measurement.
    ///
    /// - Parameters:
    ///   - isFlowing: whether packets come.
    ///   - size: the size of its picture.
    ///   - bitrate: bits per second.
    package init(isFlowing: Bool, size: PictureSize? = nil, bitrate: Double? = nil) {
        self.isFlowing = isFlowing
        self.size = size
        self.bitrate = bitrate
    }
}

/// The layers of a track from the lowest quality to the highest, by what is measured of them.
///
/// Neither names nor places in the offer tell: browsers list the smallest layer first, OBS the largest (WHIP page A1).
/// Sizes decide where each flowing layer has told its own, and bit rates between equal ones; before that bit rates alone
/// do, so that one measure holds for all. Rates waver, so an order is kept until it is clearly wrong.
package struct LayerOrder: Hashable, Sendable {
    /// The layers by their places in the offer, lowest quality first.
    package private(set) var places: [Int]

    /// Between layers whose rates differ by less than this factor nothing is clear.
    private static let clearFactor = 1.25

    /// Makes the order of layers of which nothing is measured: that of the offer.
    ///
    /// - Parameter count: how many layers there are.
    package init(count: Int) {
        places = Array(0..<count)
    }

    /// Puts the layers in order.
    ///
    /// - Parameter measurements: what is measured of each layer, in the order of the offer.
    package mutating func arrange(by measurements: [LayerMeasurement]) {
        let areSizesKnown = measurements.allSatisfy { !$0.isFlowing || $0.size != nil }
        let values = measurements.map { layer in
            Value(area: areSizesKnown ? layer.size?.area ?? 0 : 0, bitrate: layer.bitrate ?? 0)
        }
        let isWrong = places.indices.contains { rank in
            places[(rank + 1)...].contains { values[places[rank]].isClearlyAbove(values[$0]) }
        }
        guard isWrong else { return }
        places.sort { values[$0].isBelow(values[$1]) ?? ($0 < $1) }
    }

    private struct Value {
        var area: Int
        var bitrate: Double

        func isClearlyAbove(_ other: Value) -> Bool {
            area == other.area ? bitrate > other.bitrate * LayerOrder.clearFactor : area > other.area
        }

        /// `nil` where both are equal.
        func isBelow(_ other: Value) -> Bool? {
            if area != other.area { return area < other.area }
            return bitrate == other.bitrate ? nil : bitrate < other.bitrate
        }
    }
}
