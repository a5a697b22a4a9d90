// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// What follows from congestion on the way to a receiver for who sends, and for what is handed on.
extension MediaWorker {
    /// What comes to an outgoing session, in bits per second.
    private struct Load {
        var sound = 0.0
        /// Pictures that are handed on.
        var pictures = 0.0
        /// The sessions that pictures come from, each with those of its layers that are not handed on by choice.
        var sources: [(peer: Peer, aside: Double)] = []
    }

    /// How often a path is looked at, without and with a limit.
    private static let calmInterval: Duration = .seconds(1)
    private static let limitedInterval: Duration = .milliseconds(100)
    /// Who is told a limit gets so long to heed it; what is measured of it lags by a second.
    private static let patience: Duration = .seconds(3)
    /// For so long all has to fit before what is held back goes on.
    private static let calm: Duration = .seconds(2)
    /// What exceeds the limit by this does not heed it, and what stays below it does.
    private static let excess = 1.2
    private static let compliance = 0.95
    /// A layer is let go on only where that leaves some room, and only so long after the last change.
    private static let risingShare = 0.9
    private static let riseDelay: Duration = .seconds(5)
    /// Sound leaves at least this part of a limit to pictures.
    private static let leastShare = 0.2
    /// A burst goes no higher than this times the limit, and comes at least so often.
    private static let burst: (step: Double, interval: Duration) = (1.6, .seconds(8))

    /// Looks at the path of a peer, if it is time.
    func reviewCongestionIfDue(of peer: Peer) {
        guard let congestion = peer.congestion, let due = congestion.review, due <= now else { return }
        review(congestion, of: peer)
    }

    /// The peer has told something, perhaps of congestion.
    func noteCongestion(of peer: Peer) {
        guard let congestion = peer.congestion else { return }
        let limit = peer.session.availableBitrate
        let isUrgent = limit.map { $0 < congestion.limit ?? .max } ?? (congestion.limit != nil)
        if isUrgent || congestion.review == nil { review(congestion, of: peer) }
    }

    private func review(_ congestion: EgressCongestion, of peer: Peer) {
        let load = load(of: peer)
        let limit = peer.session.availableBitrate
        if limit != nil, congestion.limit == nil { begin(congestion, of: peer, load, limit ?? 0) }
        if limit == nil, congestion.limit != nil { end(congestion, of: peer) }
        congestion.limit = limit
        congestion.review = now + (limit == nil ? Self.calmInterval : Self.limitedInterval)
        if let limit {
            let budget = max(Double(limit) - load.sound, Double(limit) * Self.leastShare)
            tell(budget, load, for: peer)
            congestion.statistics.toldBitrate = UInt64(budget)
            hold(budget, load, congestion, of: peer)
            tryMore(than: Double(limit), load, congestion, of: peer)
        } else {
            congestion.wanted = load.sound + load.pictures
        }
        touch(peer)
    }

    private func begin(_ congestion: EgressCongestion, of peer: Peer, _ load: Load, _ limit: UInt64) {
        congestion.wanted = max(congestion.wanted, load.sound + load.pictures)
        congestion.statistics.limits += 1
        peer.events.yield(.congestion(.limited(to: limit, of: UInt64(congestion.wanted))))
    }

    private func end(_ congestion: EgressCongestion, of peer: Peer) {
        release(congestion, of: peer)
        // Also those that nobody feeds at present.
        let held = peer.held
        for stream in held { release(stream, of: peer) }
        if !held.isEmpty { noteLayers(of: peer, congestion) }
        congestion.exceedsSince = nil
        congestion.statistics.toldBitrate = nil
        for feed in peer.feeds { if let source = self.peer(feed.source) { lift(peer.id, from: source) } }
        peer.events.yield(.congestion(.lifted))
    }

    /// Measures what comes.
    private func load(of peer: Peer) -> Load {
        var load = Load()
        for feed in peer.feeds {
            guard let source = self.peer(feed.source), isInForce(feed, from: source) else { continue }
            let track = source.forwardings[feed.route].track
            let (current, target) = source.forwardings[feed.route].layers
            let rate = layer(current ?? target, of: track, from: source).bitrate ?? 0
            guard source.forwardings[feed.route].isPicture else {
                load.sound += rate
                continue
            }
            if source.forwardings[feed.route].isOpen { load.pictures += rate }
            guard !load.sources.contains(where: { $0.peer === source }) else { continue }
            load.sources.append((source, aside(from: feed, of: source)))
        }
        return load
    }

    /// The bits per second of the lower layers of a track of which only the best one is handed on: they burden nobody.
    private func aside(from feed: Feed, of source: Peer) -> Double {
        let track = source.forwardings[feed.route].track
        guard source.forwardings[feed.route].preferred != nil,
            let count = source.session.parameters(of: track)?.encodings.count, count > 1
        else { return 0 }
        let rates = (0..<count).map { layer(EncodingIndex(UInt8($0)), of: track, from: source).bitrate ?? 0 }
        return rates.reduce(0, +) - (rates.max() ?? 0)
    }

    // MARK: Telling

    /// Tells those whose pictures are handed on how much of them fits.
    private func tell(_ budget: Double, _ load: Load, for peer: Peer) {
        for (source, aside) in load.sources {
            source.limits[peer.id] = UInt64(budget / Double(load.sources.count) + aside)
            applyLimits(to: source)
        }
    }

    /// What a peer takes from another one is not limited any more.
    func lift(_ destination: PeerID, from source: Peer) {
        guard source.limits.removeValue(forKey: destination) != nil else { return }
        applyLimits(to: source)
    }

    private func applyLimits(to source: Peer) {
        source.session.limitReception(to: source.limits.values.min(), at: now)
        touch(source)
    }

    // MARK: Holding back

    /// Holds back what does not fit, once the publisher has had its time to send less.
    private func hold(_ budget: Double, _ load: Load, _ congestion: EgressCongestion, of peer: Peer) {
        let exceeds = load.pictures > budget * Self.excess
        congestion.exceedsSince = exceeds ? congestion.exceedsSince ?? now : nil
        let fits = load.pictures < budget * Self.compliance
        congestion.fitsSince = fits ? congestion.fitsSince ?? now : nil
        if congestion.isHolding {
            if let since = congestion.fitsSince, now - since >= Self.calm { release(congestion, of: peer) }
        } else if let since = congestion.exceedsSince, peer.pacing != nil {
            let heeds = load.sources.contains { $0.peer.session.tellsLimits }
            // One that has not heeded it before won't do so now.
            let isKnown = load.sources.contains { $0.peer.id == congestion.ignoredBy }
            guard !heeds || isKnown || now - since >= Self.patience else { return }
            congestion.ignoredBy = load.sources.first?.peer.id
            if !holdLayer(of: peer, congestion) { hold(budget, congestion, of: peer) }
        } else if let since = congestion.fitsSince, now - since >= Self.calm {
            releaseLayers(of: peer, congestion) { load.pictures + $0 <= budget * Self.risingShare }
        }
        if congestion.isHolding { peer.pacing?.pacer.limit = UInt64(budget) }
    }

    private func hold(_ budget: Double, _ congestion: EgressCongestion, of peer: Peer) {
        congestion.isHolding = true
        congestion.statistics.isHolding = true
        congestion.statistics.holds += 1
        peer.events.yield(.congestion(.picturesLeftOut(fitting: UInt64(budget))))
    }

    /// Holds the highest layer back that flows beside others; says whether there was one.
    private func holdLayer(of peer: Peer, _ congestion: EgressCongestion) -> Bool {
        // The last one that was held back still counts in what is measured.
        if let changed = congestion.layersChangedAt, now - changed < Self.patience { return true }
        let flowing = rankedStreams(of: peer).filter { !$0.isHeld && ($0.bitrate ?? 0) > 0 }
        guard flowing.count > 1, let highest = flowing.last else { return false }
        hold(highest.stream, of: peer)
        noteLayers(of: peer, congestion)
        congestion.statistics.layersShed += 1
        return true
    }

    /// Lets layers go on that were held back, the lowest first, as long as one fits.
    private func releaseLayers(of peer: Peer, _ congestion: EgressCongestion, where fits: (Double) -> Bool) {
        let isSoon = congestion.layersChangedAt.map { now - $0 < Self.riseDelay } ?? false
        guard !isSoon else { return }
        var added = 0.0
        let held = rankedStreams(of: peer).filter(\.isHeld)
        for layer in held {
            added += layer.bitrate ?? 0
            guard fits(added) else { break }
            release(layer.stream, of: peer)
            noteLayers(of: peer, congestion)
        }
    }

    private func noteLayers(of peer: Peer, _ congestion: EgressCongestion) {
        congestion.layersChangedAt = now
        congestion.statistics.layersHeld = peer.held.count
        peer.events.yield(.congestion(.layersHeld(peer.held.count)))
    }

    private func release(_ congestion: EgressCongestion, of peer: Peer) {
        guard congestion.isHolding else { return }
        congestion.isHolding = false
        congestion.statistics.isHolding = false
        peer.pacing?.pacer.limit = nil
        peer.events.yield(.congestion(.picturesWhole))
    }

    /// Whether a packet goes on towards a path that carries less than comes.
    func passes(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        from source: Peer,
        by route: Int,
        to destination: Peer,
        _ congestion: EgressCongestion
    ) -> Bool {
        guard source.forwardings[route].isPicture else { return true }
        // What takes over begins with a key frame, for which the forwarder waits itself.
        guard packet.encoding == source.forwardings[route].layers.current else { return true }
        let backlog = destination.pacing?.pacer.backlog ?? .zero
        let passes = source.forwardings[route].gate.admits(
            timestamp: packet.header.timestamp,
            canBegin: inspected.content.canBeginLayer,
            backlog: backlog
        )
        guard !passes else { return true }
        source.forwardings[route].forwarder.skip(packet)
        congestion.statistics.packetsLeftOut += 1
        if backlog <= PictureGate.shortestBacklog { wish(from: source, by: route) }
        return false
    }

    /// Sees by a burst whether the path carries more, where what flows would not show it.
    private func tryMore(than limit: Double, _ load: Load, _ congestion: EgressCongestion, of peer: Peer) {
        let flowing = Double(peer.session.acknowledgedBitrate ?? 0)
        guard limit < congestion.wanted * 1.1, limit > flowing * 1.15 else { return }
        peer.tryRate(
            congestion.wanted,
            above: limit,
            step: Self.burst.step,
            longest: Self.burst.interval,
            at: now
        )
    }
}
