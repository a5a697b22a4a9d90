// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// How often the layers that come to a peer are chosen anew.
    private static let reviewInterval: Duration = .milliseconds(200)
    /// A layer of which nothing came for so long is not there (protocol page §7.6).
    private static let layerTimeout: Duration = .milliseconds(1_500)

    /// Chooses anew what comes to a peer, if it is time.
    func reviewLayersIfDue(of peer: Peer) {
        guard let due = peer.layerReview, due <= now else { return }
        reviewLayers(of: peer)
    }

    /// Chooses the layer of each track that comes to a peer, where there is something to choose.
    func reviewLayers(of peer: Peer) {
        var hasChoice = false
        for feed in peer.feeds {
            guard let source = self.peer(feed.source), isInForce(feed, from: source),
                let wish = layerWish(of: feed, from: source)
            else { continue }
            hasChoice = true
            let layer = wish.candidates.last ?? wish.target
            select(EncodingIndex(UInt8(layer)), by: feed.route, from: source)
        }
        peer.layerReview = hasChoice ? now + Self.reviewInterval : nil
        touch(peer)
    }

    /// Lets a forwarding prefer another layer.
    func prefer(_ layer: EncodingIndex, by id: ForwardingID, to destination: Peer) throws(MediaWorkerError) {
        guard let feed = destination.feeds.first(where: { $0.id == id }), let source = peer(feed.source),
            isInForce(feed, from: source)
        else { throw .noSuchStream }
        source.forwardings[feed.route].preferred = layer
        reviewLayers(of: destination)
    }

    /// What there is to choose for a forwarding; `nil` where there is no choice.
    private func layerWish(of feed: Feed, from source: Peer) -> LayerWish? {
        guard let preferred = source.forwardings[feed.route].preferred else { return nil }
        let track = source.forwardings[feed.route].track
        let count = source.session.parameters(of: track)?.encodings.count ?? 0
        guard count > 1 else { return nil }
        return LayerWish(
            layers: (0..<count).map { layer(EncodingIndex(UInt8($0)), of: track, from: source) },
            preferred: Int(preferred.rawValue),
            target: Int(source.forwardings[feed.route].forwarder.target.rawValue)
        )
    }

    private func layer(_ encoding: EncodingIndex, of track: TrackIndex, from source: Peer) -> LayerWish.Layer {
        guard let last = source.session.reception(of: track, encoding: encoding)?.lastPacketAt else {
            return LayerWish.Layer(isActive: false)
        }
        return LayerWish.Layer(isActive: now - last < Self.layerTimeout)
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
