// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which layer of a track is which rank of a simulcast stream: rank 0 has the lowest quality.
///
/// Each rank has an SSRC of its own that viewers ask for by its quality, so a rank stays with its layer, also while the
/// publisher pauses it. Sizes in the layers' first key frames decide. Where some don't come, it is decided after a while
/// by what there is: browsers begin with the smallest layer, and what has not come stands in the order of the offer,
/// whichever way round that is.
package struct LayerRanks: Sendable {
    /// The layers by their places in the offer, lowest quality first; `nil` before that is known.
    package private(set) var places: [Int]?

    /// How long the missing layers are waited for after the first packet.
    package static let patience: Duration = .seconds(1)
    /// So long sizes have to contradict what was decided: when a picture changes its size, its layers do one by one.
    ///
    /// By then `LayerWatch` knows of a layer that has stopped, which counts no more.
    private static let doubt: Duration = .seconds(2)

    /// The largest picture and the bit rate that each layer was last seen with.
    private var known: [(area: Int?, bitrate: Double?)]
    private var hasCome: [Bool]
    private var beganAt: MonotonicTime?
    /// The layers that were measured when it was decided.
    private var measured: Set<Int> = []
    private var wrongSince: MonotonicTime?

    /// Knows nothing of the layers yet.
    ///
    /// - Parameter count: how many were offered.
    package init(count: Int) {
        known = Array(repeating: (nil, nil), count: count)
        hasCome = Array(repeating: false, count: count)
        // Nothing is to be told apart.
        if count == 1 { places = [0] }
    }

    /// Takes what is measured of the layers at a moment.
    ///
    /// - Parameters:
    ///   - measurements: in the order of the offer.
    ///   - now: the present moment.
    package mutating func learn(_ measurements: [LayerMeasurement], at now: MonotonicTime) {
        for place in known.indices {
            if measurements[place].isFlowing { hasCome[place] = true }
            if let size = measurements[place].size { known[place].area = size.area }
            if let bitrate = measurements[place].bitrate { known[place].bitrate = bitrate }
        }
        guard hasCome.contains(true) else { return }
        let began = beganAt ?? now
        beganAt = began
        let ranking = sorted()
        guard let places else {
            let areas = Set(known.compactMap(\.area))
            if areas.count == known.count || now >= began + Self.patience && !ranking.isEmpty { decide(ranking) }
            return
        }
        if !Set(ranking).isSubset(of: measured) { return decide(ranking) }
        // The size of a layer that does not flow is that of another time.
        let flowing = ranking.filter { measurements[$0].isFlowing }
        guard areContradicted(places.filter(flowing.contains)) else {
            wrongSince = nil
            return
        }
        let since = wrongSince ?? now
        wrongSince = since
        if now >= since + Self.doubt { exchange(flowing, in: places) }
    }

    /// Whether something of every layer was measured when it was decided.
    package var isComplete: Bool { places != nil && (known.count == 1 || measured.count == known.count) }

    /// Whether a layer was measured when it was decided, so that its packets decide nothing anew.
    ///
    /// - Parameter layer: its place in the offer.
    /// - Returns: `false` as long as nothing was decided.
    package func isMeasured(_ layer: Int) -> Bool { known.count == 1 || measured.contains(layer) }

    private var areSizesKnown: Bool { known.indices.allSatisfy { !hasCome[$0] || known[$0].area != nil } }

    /// The layers that something is measured of, lowest quality first: one measure for all.
    private func sorted() -> [Int] {
        let byArea = areSizesKnown
        return known.indices.filter { byArea ? known[$0].area != nil : known[$0].bitrate != nil }
            .sorted { first, second in
                let (one, other) = (known[first], known[second])
                if byArea, one.area != other.area { return (one.area ?? 0) < (other.area ?? 0) }
                if one.bitrate != other.bitrate { return (one.bitrate ?? 0) < (other.bitrate ?? 0) }
                return first < second
            }
    }

    /// Whether sizes say otherwise.
    private func areContradicted(_ places: [Int]) -> Bool {
        let areas = areSizesKnown ? places.compactMap { known[$0].area } : []
        return zip(areas, areas.dropFirst()).contains { $0 > $1 }
    }

    /// Lets some layers, lowest quality first, exchange their ranks, and leaves the others theirs.
    private mutating func exchange(_ layers: [Int], in places: [Int]) {
        var next = layers.makeIterator()
        self.places = places.map { layers.contains($0) ? next.next() ?? $0 : $0 }
        wrongSince = nil
    }

    /// Ranks the measured layers, and between them the others.
    private mutating func decide(_ ranking: [Int]) {
        let highest = known.count - 1
        let isDescending =
            if let first = ranking.first, let last = ranking.last, first != last { first > last } else {
                ranking == [highest]
            }
        measured = Set(ranking)
        wrongSince = nil
        var next = ranking.makeIterator()
        places = (0...highest).map { rank in
            let place = isDescending ? highest - rank : rank
            return measured.contains(place) ? next.next() ?? place : place
        }
    }
}
