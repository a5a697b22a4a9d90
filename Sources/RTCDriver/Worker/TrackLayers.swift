// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// What is known of the layers of a track of which the best one is forwarded, or each by its rank.
struct TrackLayers {
    /// Which layers flow.
    private(set) var watch: LayerWatch
    /// The layers by what is measured of them.
    private(set) var order: LayerOrder
    /// Which of them is which rank.
    private(set) var ranks: LayerRanks
    /// What was measured last, in the order of the offer.
    private(set) var measurements: [LayerMeasurement]
    /// When the first packet was seen.
    private var beganAt: MonotonicTime?
    /// How many layers the owner has been told of, and which one as the one that is forwarded.
    private var told = (count: 0, forwarded: EncodingIndex?.none)
    /// Which layers that go out by their ranks the owner has been told to be silent.
    private var toldSilent: Set<EncodingIndex> = []

    /// For so long after the first packet the owner is not told of some layers, because more may come.
    private static let settlingTime: Duration = .seconds(3)

    /// Knows nothing yet.
    init(count: Int) {
        watch = LayerWatch(count: count)
        order = LayerOrder(count: count)
        ranks = LayerRanks(count: count)
        measurements = Array(repeating: LayerMeasurement(isFlowing: false), count: count)
    }

    /// Takes the counters of this moment.
    ///
    /// - Parameters:
    ///   - octets: the payload octets that have come of each layer, in the order of the offer.
    ///   - measured: the size and the bit rate of each.
    ///   - areRanked: whether each goes out by its rank: then a layer has stopped when the SFU takes it for stopped.
    ///   - now: the present moment.
    mutating func measure(
        octets: [UInt64],
        _ measured: [(size: PictureSize?, bitrate: Double?)],
        areRanked: Bool = false,
        at now: MonotonicTime
    ) {
        watch.look(
            at: octets,
            now,
            leastPatience: areRanked ? LayerWatch.longestPatience : LayerWatch.shortestPatience
        )
        for place in measurements.indices {
            let isFlowing = watch.isFlowing(place)
            let bitrate = isFlowing ? measured[place].bitrate : nil
            measurements[place] = LayerMeasurement(
                isFlowing: isFlowing,
                size: measured[place].size ?? measurements[place].size,
                bitrate: bitrate
            )
        }
        order.arrange(by: measurements)
        ranks.learn(measurements, at: now)
        if beganAt == nil, measurements.contains(where: \.isFlowing) { beganAt = now }
    }

    /// The layers to choose from, lowest quality first: those that flow steadily and the one that is forwarded; and
    /// where there is none of those, all that flow.
    func candidates(besides current: EncodingIndex?, at now: MonotonicTime) -> [LayerWish.Layer] {
        let flowing = order.places.map { watch.isFlowing($0) }
        let steady = order.places.map { place in
            watch.isFlowing(place) && (place == current.map { Int($0.rawValue) } || watch.isSteady(place, at: now))
        }
        let active = steady.contains(true) ? steady : flowing
        return zip(order.places, active).map { place, isActive in
            LayerWish.Layer(isActive: isActive, bitrate: measurements[place].bitrate)
        }
    }

    /// Whether a layer may go out by its rank: it has come back to stay, or none is there that has.
    func mayGoOut(_ encoding: EncodingIndex, at now: MonotonicTime) -> Bool {
        let place = Int(encoding.rawValue)
        return watch.isSteady(place, at: now)
            || watch.isFlowing(place) && !measurements.indices.contains { watch.isSteady($0, at: now) }
    }

    /// The rank of a layer, from the lowest quality on.
    func rank(of encoding: EncodingIndex) -> Int { order.places.firstIndex(of: Int(encoding.rawValue)) ?? 0 }

    /// What the owner is to be told now; `nil` while there is no news.
    ///
    /// Each further layer that is found is news once, and each change of the one that is forwarded.
    mutating func news(
        of track: TrackIndex,
        named encodings: [RTPEncoding],
        forwarding current: EncodingIndex?,
        at now: MonotonicTime
    ) -> LayerReport? {
        guard let current, let beganAt else { return nil }
        let found = found(among: order.places)
        let isSettled = found.count == encodings.count || now >= beganAt + Self.settlingTime
        let isMore = found.count > told.count
        guard isSettled, isMore || current != told.forwarded else { return nil }
        defer { told = (max(found.count, told.count), current) }
        return LayerReport(
            track: track,
            layers: layers(found, named: encodings),
            offered: encodings.count,
            forwarded: current,
            former: isMore ? nil : told.forwarded
        )
    }

    /// What the owner is to be told now of layers that all go out, each by its rank; `nil` while there is no news.
    ///
    /// Each further layer that is found is news, and each that becomes silent or comes back to stay.
    mutating func newsOfRanks(
        of track: TrackIndex,
        named encodings: [RTPEncoding],
        at now: MonotonicTime
    ) -> LayerReport? {
        guard let places = ranks.places, let beganAt else { return nil }
        let found = found(among: places)
        guard let best = found.last(where: { watch.isFlowing($0) }) ?? found.last,
            found.count == encodings.count || now >= beganAt + Self.settlingTime
        else { return nil }
        let isMore = found.count > told.count
        let turned = isMore ? nil : found.first { hasTurned($0, at: now) }.map { EncodingIndex(UInt8($0)) }
        guard isMore || turned != nil else { return nil }
        told.count = found.count
        if let turned {
            toldSilent.formSymmetricDifference([turned])
        } else {
            toldSilent = Set(found.filter { !watch.isFlowing($0) }.map { EncodingIndex(UInt8($0)) })
        }
        return LayerReport(
            track: track,
            layers: layers(found, named: encodings, ranks: places),
            offered: encodings.count,
            forwarded: EncodingIndex(UInt8(best)),
            isWhole: true,
            silent: toldSilent,
            turned: turned
        )
    }

    private func hasTurned(_ place: Int, at now: MonotonicTime) -> Bool {
        toldSilent.contains(EncodingIndex(UInt8(place)))
            ? watch.isSteady(place, at: now) : !watch.isFlowing(place)
    }

    private func found(among places: [Int]) -> [Int] {
        places.filter { measurements[$0].size != nil || measurements[$0].bitrate != nil }
    }

    private func layers(
        _ found: [Int],
        named encodings: [RTPEncoding],
        ranks: [Int] = []
    ) -> [LayerReport.Layer] {
        found.map { place in
            LayerReport.Layer(
                encoding: EncodingIndex(UInt8(place)),
                rid: encodings[place].rid,
                size: measurements[place].size,
                bitrate: measurements[place].bitrate,
                rank: ranks.firstIndex(of: place)
            )
        }
    }
}
