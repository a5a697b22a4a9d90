// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// How often the layers that come to a peer are chosen anew.
    private static let reviewInterval: Duration = .milliseconds(200)
    /// A layer of which nothing came for so long is not there (protocol page §7.6).
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
        var feeds: [Feed] = []
        var wishes: [LayerWish] = []
        // What other streams take is not there to be shared out.
        var taken = 0.0
        for feed in peer.feeds {
            guard let source = self.peer(feed.source), isInForce(feed, from: source) else { continue }
            if let wish = layerWish(of: feed, from: source) {
                feeds.append(feed)
                wishes.append(wish)
            } else {
                let target = source.forwardings[feed.route].layers.target
                taken += layer(target, of: source.forwardings[feed.route].track, from: source).bitrate ?? 0
            }
        }
        guard !wishes.isEmpty else {
            peer.layerReview = nil
            return
        }
        let available = peer.session.availableBitrate.map { max(0, Double($0) - taken) }
        let choice = LayerChoice(wishes, available: available)
        for (index, feed) in feeds.enumerated() {
            guard let source = self.peer(feed.source) else { continue }
            let target = choice.targets[index]
            // Among layers that are there only congestion takes one away.
            if target < wishes[index].target, wishes[index].candidates.contains(wishes[index].target) {
                source.forwardings[feed.route].risesAt = now + Self.riseDelay
            }
            select(EncodingIndex(UInt8(target)), by: feed.route, from: source)
        }
        if let missing = choice.missing, let available {
            peer.tryRate(missing + taken, above: available + taken, at: now)
        }
        peer.layerReview = now + Self.reviewInterval
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

    /// What there is to choose for a forwarding; `nil` where there is no choice.
    private func layerWish(of feed: Feed, from source: Peer) -> LayerWish? {
        guard let preferred = source.forwardings[feed.route].preferred else { return nil }
        let track = source.forwardings[feed.route].track
        let count = source.session.parameters(of: track)?.encodings.count ?? 0
        guard count > 1 else { return nil }
        let (current, target) = source.forwardings[feed.route].layers
        return LayerWish(
            layers: (0..<count).map { layer(EncodingIndex(UInt8($0)), of: track, from: source) },
            preferred: Int(preferred.rawValue),
            target: current == nil ? -1 : Int(target.rawValue),
            mayRise: source.forwardings[feed.route].risesAt.map { $0 <= now } ?? true
        )
    }

    private func layer(_ encoding: EncodingIndex, of track: TrackIndex, from source: Peer) -> LayerWish.Layer {
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
    private func select(_ layer: EncodingIndex, by route: Int, from source: Peer) {
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
    private static let burstIntervals: (least: Duration, most: Duration) = (.seconds(1), .seconds(30))
    private static let burstLength: Duration = .milliseconds(150)
    /// After congestion a path is left alone for so long.
    private static let burstPause: Duration = .seconds(5)
    /// A burst goes no higher than this times what is known to fit.
    private static let burstStep = 3.0

    /// Sees whether the path carries more, by a burst, unless it is too soon for another one.
    fileprivate func tryRate(_ wanted: Double, above available: Double, at now: MonotonicTime) {
        guard session.canBurst, burstPlan.next.map({ $0 <= now }) ?? true else { return }
        if let fell = session.availableBitrateFellAt, now - fell < Self.burstPause { return }
        let isFruitful = burstPlan.available.map { available > $0 * 1.05 } ?? true
        let longer = min(burstPlan.interval * 2, Self.burstIntervals.most)
        burstPlan.interval = isFruitful ? Self.burstIntervals.least : longer
        burstPlan.next = now + burstPlan.interval
        burstPlan.available = available
        let bitrate = min(wanted * 1.1, available * Self.burstStep)
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
