// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which layers of a track there are to choose from, and which one its receiver would like best.
package struct LayerWish: Sendable {
    /// One layer at present.
    package struct Layer: Hashable, Sendable, BitwiseCopyable {
        /// Whether packets come.
        package var isActive: Bool
        /// Bits per second; `nil` while that has not been measured.
        package var bitrate: Double?

        /// Describes a layer.
        ///
        /// - Parameters:
        ///   - isActive: whether packets come.
        ///   - bitrate: bits per second.
        package init(isActive: Bool, bitrate: Double? = nil) {
            self.isActive = isActive
            self.bitrate = bitrate
        }
    }

    /// The layers, lowest quality first.
    package var layers: [Layer]
    /// The best layer to give.
    package var preferred: Int
    /// The layer that is given now, or will be from its next key frame on; −1 before any is.
    package var target: Int
    /// Whether a better layer than the present one may be given.
    package var mayRise: Bool

    /// Describes a wish.
    ///
    /// - Parameters:
    ///   - layers: the layers, lowest quality first; never empty.
    ///   - preferred: the best layer to give.
    ///   - target: the layer that is given now; −1 before any is.
    ///   - mayRise: whether a better one may be given.
    package init(layers: [Layer], preferred: Int, target: Int, mayRise: Bool = true) {
        self.layers = layers
        self.preferred = preferred
        self.target = target
        self.mayRise = mayRise
    }

    /// The layers that may be given, lowest quality first: the active ones up to the preferred one, and where there is
    /// none of those the lowest active one.
    package var candidates: [Int] {
        let active = layers.indices.filter { layers[$0].isActive }
        let wanted = active.filter { $0 <= preferred }
        return wanted.isEmpty ? Array(active.prefix(1)) : wanted
    }
}

/// Which layer each of the receivers on one transport gets.
package struct LayerChoice: Hashable, Sendable {
    /// The layers, in the order of the wishes.
    package var targets: [Int]
    /// The bits per second that one more step up would take in all; `nil` where nobody wants one.
    package var missing: Double?

    /// A better layer is given only where that leaves some room, so that it can be kept.
    private static let riseShare = 0.9
    /// A layer is kept also where it takes a little more than there is: rates are never even.
    private static let keepShare = 1.05

    /// Shares out what a transport carries: everybody gets the lowest layer, then each in turn a better one, as long as
    /// it fits.
    ///
    /// - Parameters:
    ///   - wishes: what each would like.
    ///   - available: the bits per second that there are for all; `nil` where that is not known, so that all fits.
    package init(_ wishes: [LayerWish], available: Double?) {
        let candidates = wishes.map(\.candidates)
        var steps = wishes.map { _ in 0 }
        func bitrate(_ wish: Int, _ step: Int) -> Double? {
            candidates[wish].isEmpty ? 0 : wishes[wish].layers[candidates[wish][step]].bitrate
        }
        var total = wishes.indices.reduce(0) { $0 + (bitrate($1, 0) ?? 0) }
        var missing: Double?
        var open = Array(wishes.indices)
        while !open.isEmpty {
            open = open.filter { wish in
                let next = steps[wish] + 1
                guard next < candidates[wish].count else { return false }
                guard let available else {
                    steps[wish] = candidates[wish].count - 1
                    return false
                }
                let isRise = candidates[wish][next] > wishes[wish].target
                let cost = bitrate(wish, next).map { total + $0 - (bitrate(wish, steps[wish]) ?? 0) }
                guard !isRise || wishes[wish].mayRise && cost != nil else { return false }
                let needed = cost ?? total
                guard needed <= available * (isRise ? Self.riseShare : Self.keepShare) else {
                    if isRise { missing = min(missing ?? .infinity, needed / Self.riseShare) }
                    return false
                }
                total = needed
                steps[wish] = next
                return true
            }
        }
        targets = wishes.indices.map { candidates[$0].isEmpty ? max(0, wishes[$0].target) : candidates[$0][steps[$0]] }
        self.missing = missing
    }
}
