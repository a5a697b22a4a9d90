// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// A forwarding whose layer is to be chosen: what there is to choose from, and the place in the offer of each rank.
    private typealias OpenFeed = (feed: Feed, wish: LayerWish, places: [Int])

    /// How often the layers that come to a peer are chosen anew.
    private static let reviewInterval: Duration = .milliseconds(200)
    /// In the order of the offer, a layer of which nothing came for so long is not there (protocol page §7.6).
    private static let layerTimeout: Duration = .milliseconds(1_500)
    /// For so long after congestion took a layer away no better one is given.
    private static let riseDelay: Duration = .seconds(5)

    /// Chooses anew what comes to a peer, if it is time.
    func reviewLayersIfDue(of peer: Peer) {
        guard let due = peer.layerReview, due <= now else { return }
        reviewLayers(of: peer)
    }

    /// Chooses the layer of each track that comes to a peer, where there is something to choose.
    func reviewLayers(of peer: Peer) {
        let nextRanks = reviewRanks(of: peer)
        var open: [OpenFeed] = []
        // What other streams take is not there to be shared out.
        var taken = 0.0
        for feed in peer.feeds {
            guard let source = self.peer(feed.source), isInForce(feed, from: source) else { continue }
            if let choice = choice(for: feed, from: source) {
                open.append(choice)
            } else {
                let target = source.forwardings[feed.route].layers.target
                taken += layer(target, of: source.forwardings[feed.route].track, from: source).bitrate ?? 0
            }
        }
        guard !open.isEmpty else {
            peer.layerReview = nextRanks
            if nextRanks != nil { touch(peer) }
            return
        }
        let available = peer.session.availableBitrate.map { max(0, Double($0) - taken) }
        let choice = LayerChoice(open.map(\.wish), available: available)
        for (target, (feed, wish, places)) in zip(choice.targets, open) {
            guard let source = self.peer(feed.source) else { continue }
            // Among layers that are there only congestion takes one away.
            if target < wish.target, wish.candidates.contains(wish.target) {
                source.forwardings[feed.route].risesAt = now + Self.riseDelay
            }
            select(EncodingIndex(UInt8(places[target])), by: feed.route, from: source)
            tellLayers(of: feed, from: source)
        }
        if let missing = choice.missing, let available {
            peer.tryRate(missing + taken, above: available + taken, at: now)
        }
        let isMeasured = open.contains { self.peer($0.feed.source)?.forwardings[$0.feed.route].isMeasured == true }
        let next = now + (isMeasured ? LayerWatch.interval : Self.reviewInterval)
        peer.layerReview = nextRanks.map { min($0, next) } ?? next
        touch(peer)
    }

    /// Lets a forwarding prefer another layer.
    func prefer(_ layer: EncodingIndex, by id: ForwardingID, to destination: Peer) throws(MediaWorkerError) {
        guard let feed = destination.feeds.first(where: { $0.id == id }), let source = peer(feed.source),
            isInForce(feed, from: source)
        else { throw .noSuchStream }
        source.forwardings[feed.route].preferred = layer
        source.forwardings[feed.route].risesAt = nil
        reviewLayers(of: destination)
    }

    /// A key frame may begin in a layer: the moment to go over to it, if it is the best one or that of a rank.
    func keyFrameBegan(with packet: ReceivedPacket, from source: Peer) {
        for route in source.forwardings.indices
        where source.forwardings[route].track == packet.track && source.forwardings[route].isMeasured {
            guard source.forwardings[route].rank == nil else {
                keyFrameBegan(with: packet, by: route, from: source)
                continue
            }
            guard source.forwardings[route].layers.target != packet.encoding else { continue }
            if let destination = peer(source.forwardings[route].destination) { reviewLayers(of: destination) }
        }
    }

    /// What there is to choose for a forwarding; `nil` where there is no choice.
    private func choice(for feed: Feed, from source: Peer) -> OpenFeed? {
        guard let preferred = source.forwardings[feed.route].preferred else { return nil }
        let track = source.forwardings[feed.route].track
        let count = source.session.parameters(of: track)?.encodings.count ?? 0
        guard count > 1 else { return nil }
        let (current, target) = source.forwardings[feed.route].layers
        let mayRise = source.forwardings[feed.route].risesAt.map { $0 <= now } ?? true
        guard !source.forwardings[feed.route].isMeasured else {
            let layers = measureLayers(of: track, from: source)
            let wish = LayerWish(
                layers: layers.candidates(besides: current, at: now),
                preferred: count - 1,
                target: current == nil ? -1 : layers.rank(of: target),
                mayRise: mayRise
            )
            return (feed, wish, layers.order.places)
        }
        let wish = LayerWish(
            layers: (0..<count).map { layer(EncodingIndex(UInt8($0)), of: track, from: source) },
            preferred: Int(preferred.rawValue),
            target: current == nil ? -1 : Int(target.rawValue),
            mayRise: mayRise
        )
        return (feed, wish, Array(0..<count))
    }

    /// Measures the layers of a track anew.
    @discardableResult
    func measureLayers(of track: TrackIndex, from source: Peer) -> TrackLayers {
        let count = max(1, source.session.parameters(of: track)?.encodings.count ?? 1)
        while source.layers.count <= track.rawValue { source.layers.append(nil) }
        var layers = source.layers[track.rawValue] ?? TrackLayers(count: count)
        let encodings = (0..<count).map { EncodingIndex(UInt8($0)) }
        let areRanked = source.forwardings.contains { $0.track == track && $0.rank != nil }
        layers.measure(
            octets: encodings.map { source.session.reception(of: track, encoding: $0)?.octets ?? 0 },
            encodings.map { encoding in
                let place = Route.place(of: track, encoding)
                let size = place < source.inspectors.count ? source.inspectors[place]?.pictureSize : nil
                return (size, layer(encoding, of: track, from: source).bitrate)
            },
            areRanked: areRanked,
            at: now
        )
        source.layers[track.rawValue] = layers
        return layers
    }

    /// Tells the owner of the publisher's session what is new about its layers.
    private func tellLayers(of feed: Feed, from source: Peer) {
        let track = source.forwardings[feed.route].track
        guard source.forwardings[feed.route].isMeasured,
            let encodings = source.session.parameters(of: track)?.encodings,
            let report = source.layers[track.rawValue]?.news(
                of: track,
                named: encodings,
                forwarding: source.forwardings[feed.route].layers.current,
                at: now
            )
        else { return }
        source.events.yield(.layers(report))
    }

    /// What is known of a layer at present.
    func layer(_ encoding: EncodingIndex, of track: TrackIndex, from source: Peer) -> LayerWish.Layer {
        guard let reception = source.session.reception(of: track, encoding: encoding),
            let last = reception.lastPacketAt
        else { return LayerWish.Layer(isActive: false) }
        let place = Route.place(of: track, encoding)
        while source.meters.count <= place { source.meters.append(nil) }
        if source.meters[place] == nil { source.meters[place] = LayerMeter(reception, at: now) }
        source.meters[place]?.measure(reception, at: now)
        return LayerWish.Layer(isActive: now - last < Self.layerTimeout, bitrate: source.meters[place]?.bitrate)
    }

    /// Lets a forwarding go over to a layer, and asks for the key frame that it needs.
    func select(_ layer: EncodingIndex, by route: Int, from source: Peer) {
        let (current, target) = source.forwardings[route].layers
        if target != layer {
            source.forwardings[route].forwarder.select(layer)
            source.forwardings[route].nextWish = nil
        }
        listen(route, of: source)
        guard let current, current != layer else { return }
        let track = source.forwardings[route].track
        source.forwardings[route].forwarder.align(source.session.timestampShift(of: track, from: current, to: layer))
        if peer(source.forwardings[route].destination)?.session.isConnected == true { wish(from: source, by: route) }
    }
}

extension Peer {
    /// The time between two bursts, where the last one brought something, and at most.
    private static let shortestBurstInterval: Duration = .seconds(1)
    private static let burstLength: Duration = .milliseconds(150)
    /// After congestion a path is left alone for so long.
    private static let burstPause: Duration = .seconds(5)

    /// Sees whether the path carries more, by a burst, unless it is too soon for another one.
    ///
    /// - Parameters:
    ///   - wanted: the bits per second that are of use.
    ///   - available: those that are known to fit.
    ///   - step: a burst goes no higher than this times what is known to fit.
    ///   - longest: the time between two bursts that bring nothing.
    ///   - now: the present moment.
    func tryRate(
        _ wanted: Double,
        above available: Double,
        step: Double = 3,
        longest: Duration = .seconds(30),
        at now: MonotonicTime
    ) {
        guard session.canBurst, burstPlan.next.map({ $0 <= now }) ?? true else { return }
        if let fell = session.availableBitrateFellAt, now - fell < Self.burstPause { return }
        let isFruitful = burstPlan.available.map { available > $0 * 1.05 } ?? true
        let longer = min(burstPlan.interval * 2, longest)
        burstPlan.interval = isFruitful ? Self.shortestBurstInterval : longer
        burstPlan.next = now + burstPlan.interval
        burstPlan.available = available
        let bitrate = min(wanted * 1.1, available * step)
        session.beginBurst(bitrate: UInt64(bitrate), for: Self.burstLength, at: now)
    }
}

/// When a path is tried next.
struct BurstPlan {
    var next: MonotonicTime?
    var interval: Duration = .seconds(1)
    /// What was known to fit before the last burst.
    var available: Double?
}
