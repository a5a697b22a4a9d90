// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which layers of a track there are to choose from, and which one its receiver would like best.
package struct LayerWish: Sendable {
    /// One layer at present.
    package struct Layer: Hashable, Sendable, BitwiseCopyable {
        /// Whether packets come.
        package var isActive: Bool
        /// Bits per second.
        package var bitrate: UInt64

        /// Describes a layer.
        ///
        /// - Parameters:
        ///   - isActive: whether packets come.
        ///   - bitrate: bits per second.
        package init(isActive: Bool, bitrate: UInt64 = 0) {
            self.isActive = isActive
            self.bitrate = bitrate
        }
    }

    /// The layers, lowest quality first.
    package var layers: [Layer]
    /// The best layer to give.
    package var preferred: Int
    /// The layer that is given now, or will be from its next key frame on.
    package var target: Int

    /// Describes a wish.
    ///
    /// - Parameters:
    ///   - layers: the layers, lowest quality first; never empty.
    ///   - preferred: the best layer to give.
    ///   - target: the layer that is given now.
    package init(layers: [Layer], preferred: Int, target: Int) {
        self.layers = layers
        self.preferred = preferred
        self.target = target
    }

    /// The layers that may be given, lowest quality first: the active ones up to the preferred one, and where there is
    /// none of those the lowest active one.
    package var candidates: [Int] {
        let active = layers.indices.filter { layers[$0].isActive }
        let wanted = active.filter { $0 <= preferred }
        return wanted.isEmpty ? Array(active.prefix(1)) : wanted
    }
}
