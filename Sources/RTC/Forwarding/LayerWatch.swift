// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which layers of a track flow, and which of them have flowed long enough to be gone over to.
///
/// A layer is silent when the others go on without it: publishers pause a layer for lack of bandwidth or of processing
/// power, while a loss of the path silences all alike and changes nothing. What was silent and comes back has to prove
/// itself, longer each time, so that nobody is led back and forth.
package struct LayerWatch: Sendable {
    private struct Layer: BitwiseCopyable {
        /// The payload octets at the last look.
        var octets: UInt64 = 0
        var hasProgressed = false
        /// For how long others have progressed, but not this one.
        var silence: Duration = .zero
        /// How long is enough.
        var patience = LayerWatch.shortestPatience
        var flowsSince: MonotonicTime?
        /// How long it has to flow before it is gone over to.
        var probation: Duration = .zero
    }

    /// The least time between two looks that count.
    package static let interval: Duration = .milliseconds(100)
    /// After so long without progress a layer is silent, where nobody asks for more patience.
    package static let shortestPatience: Duration = .milliseconds(300)
    /// A layer with long pauses of its own gets more time, up to this: that after which SkyWay's SFU takes it for
    /// stopped (protocol page §7.6).
    package static let longestPatience: Duration = .milliseconds(1_500)
    /// So many looks at least have to see that a layer is silent, however late they come.
    private static let leastLooks = 3
    private static let shortestProbation: Duration = .seconds(1)
    private static let longestProbation: Duration = .seconds(16)
    /// After so long without a pause all is forgotten.
    private static let rehabilitation: Duration = .seconds(60)

    private var layers: [Layer]
    private var lastCount: MonotonicTime?

    /// Makes a watch over layers of which nothing has come.
    ///
    /// - Parameter count: how many layers there are.
    package init(count: Int) {
        layers = Array(repeating: Layer(), count: count)
    }

    /// Looks at the layers; may be called at any time, and does its counting in its own interval.
    ///
    /// - Parameters:
    ///   - octets: the payload octets that have come of each layer; 0 where nothing has.
    ///   - now: the present moment.
    ///   - leastPatience: a layer is not silent before this.
    package mutating func look(
        at octets: [UInt64],
        _ now: MonotonicTime,
        leastPatience: Duration = Self.shortestPatience
    ) {
        for index in layers.indices where layers[index].octets != octets[index] {
            layers[index].octets = octets[index]
            layers[index].hasProgressed = true
            if layers[index].flowsSince == nil { begin(index, now) }
        }
        let passed = lastCount.map { now - $0 } ?? Self.interval
        guard passed >= Self.interval else { return }
        lastCount = now
        let haveSomeProgressed = layers.contains(where: \.hasProgressed)
        for index in layers.indices {
            if layers[index].hasProgressed {
                layers[index].silence = .zero
            } else if haveSomeProgressed {
                let patience = max(layers[index].patience, leastPatience)
                layers[index].silence += min(passed, patience / Self.leastLooks)
                if layers[index].silence >= patience { end(index, now) }
            }
            layers[index].hasProgressed = false
        }
    }

    /// Whether packets of a layer come.
    package func isFlowing(_ layer: Int) -> Bool { layers[layer].flowsSince != nil }

    /// Whether a layer may be gone over to, or go out again.
    package func isSteady(_ layer: Int, at now: MonotonicTime) -> Bool {
        // The time since its last packet does not count.
        layers[layer].flowsSince.map { now >= $0 + layers[layer].probation + layers[layer].silence } ?? false
    }

    private mutating func begin(_ index: Int, _ now: MonotonicTime) {
        // It had not ended, only paused for longer than was thought.
        if layers[index].probation > .zero, layers[index].silence <= Self.longestPatience {
            layers[index].patience = min(layers[index].patience * 2, Self.longestPatience)
        }
        layers[index].flowsSince = now
    }

    private mutating func end(_ index: Int, _ now: MonotonicTime) {
        guard let since = layers[index].flowsSince else { return }
        if now - since > Self.rehabilitation {
            layers[index].probation = .zero
            layers[index].patience = Self.shortestPatience
        }
        layers[index].probation = min(
            max(Self.shortestProbation, layers[index].probation * 2),
            Self.longestProbation
        )
        layers[index].flowsSince = nil
    }
}
