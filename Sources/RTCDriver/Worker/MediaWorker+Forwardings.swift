// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// How long a forwarder that waits for a key frame waits before the source is asked again.
    private static let wishInterval: Duration = .seconds(1)

    /// Lets packets of a track go to an outgoing stream, in place of whatever fed it before.
    ///
    /// The stream's sequence numbers go on by one and its timestamps by the time that passed.
    func startForwarding(_ request: ForwardingRequest) throws(MediaWorkerError) -> ForwardingID {
        guard let source = peer(request.source), let destination = peer(request.destination) else {
            throw .sessionEnded
        }
        guard let parameters = source.session.parameters(of: request.track) else { throw .noSuchStream }
        let highest = EncodingIndex(UInt8(max(1, parameters.encodings.count) - 1))
        let (layer, isChosen, isMeasured) =
            switch request.layer {
            case .fixed(let encoding): (encoding, false, false)
            case .upTo(let limit): (EncodingIndex(min(limit.rawValue, highest.rawValue)), true, false)
            case .best: (highest, highest.rawValue > 0, highest.rawValue > 0)
            case .rank(let rank): (EncodingIndex(UInt8(clamping: rank)), false, true)
            }
        let rank: Int? = if case .rank(let rank) = request.layer { rank } else { nil }
        for feed in destination.feeds where feed.stream == request.stream {
            stopForwarding(feed.id, to: destination.id)
        }
        let id = ForwardingID(rawValue: nextForwarding)
        nextForwarding += 1
        let route = Route(
            id: id,
            track: request.track,
            destination: destination.id,
            stream: request.stream,
            preferred: isChosen ? layer : nil,
            isMeasured: isMeasured,
            rank: rank,
            hasLayer: rank == nil,
            isHeld: destination.held.contains(request.stream),
            forwarder: LayerForwarder(
                request.configuration,
                layer: layer,
                after: destination.heads[request.stream]
            ),
            isPicture: parameters.kind == .video
        )
        let place = source.forwardings.firstIndex { peer($0.destination) == nil } ?? source.forwardings.count
        if place == source.forwardings.count { source.forwardings.append(route) }
        source.forwardings[place] = route
        listen(place, of: source)
        let feed = Feed(id: id, source: source.id, route: place, stream: request.stream)
        destination.feeds.append(feed)
        if isChosen || rank != nil { reviewLayers(of: destination) }
        wishIfWaiting(feed)
        return id
    }

    /// Ends a forwarding; one that has ended already is left alone.
    func stopForwarding(_ id: ForwardingID, to destination: PeerID) {
        guard let destination = peer(destination), let index = destination.feeds.firstIndex(where: { $0.id == id })
        else { return }
        detach(destination.feeds.remove(at: index))
    }

    /// Ends every forwarding of a track.
    func stopForwardings(of track: TrackIndex, from source: Peer) {
        for place in source.forwardings.indices where source.forwardings[place].track == track {
            let route = source.forwardings[place]
            clear(place, of: source)
            peer(route.destination)?.feeds.removeAll { $0.id == route.id }
        }
    }

    /// Takes a forwarding off its source.
    func detach(_ feed: Feed) {
        guard let source = peer(feed.source), isInForce(feed, from: source) else { return }
        clear(feed.route, of: source)
    }

    /// Whether a forwarding has not ended.
    func isInForce(_ feed: Feed, from source: Peer) -> Bool {
        feed.route < source.forwardings.count && source.forwardings[feed.route].id == feed.id
    }

    /// Notes where an outgoing stream stands when what fed it ends.
    func keepHead(of route: Route) {
        guard let destination = peer(route.destination), let head = route.forwarder.newest else { return }
        destination.heads[route.stream] = head
    }

    private func clear(_ route: Int, of source: Peer) {
        lift(source.forwardings[route].destination, from: source)
        keepHead(of: source.forwardings[route])
        source.forwardings[route].retire()
        for place in source.routes.indices { source.routes[place].removeAll { $0 == route } }
    }

    /// Sees to it that a forwarding gets the packets of the layers that it takes, and of no others.
    func listen(_ route: Int, of source: Peer) {
        let track = source.forwardings[route].track
        let layers = max(1, source.session.parameters(of: track)?.encodings.count ?? 1)
        while source.routes.count < Route.place(of: track, EncodingIndex(UInt8(layers - 1))) + 1 {
            source.routes.append([])
        }
        for layer in 0..<layers {
            let encoding = EncodingIndex(UInt8(layer))
            let place = Route.place(of: track, encoding)
            let takes =
                source.forwardings[route].isOpen && source.forwardings[route].forwarder.takes(encoding, at: now)
            if !takes {
                source.routes[place].removeAll { $0 == route }
            } else if !source.routes[place].contains(route) {
                source.routes[place].append(route)
            }
        }
    }

    /// Carries a receiver's wish for a key frame to whoever makes the stream.
    func keyFrameRequested(_ stream: SendStreamIndex, of peer: Peer) {
        for index in peer.sources.indices where peer.sources[index].stream == stream {
            peer.sources[index].source.keyFrameRequested(at: now)
        }
        for feed in peer.feeds where feed.stream == stream {
            guard let source = self.peer(feed.source), isInForce(feed, from: source) else { continue }
            guard source.forwardings[feed.route].isOpen else { continue }
            let track = source.forwardings[feed.route].track
            let (current, target) = source.forwardings[feed.route].layers
            requestKeyFrame(from: source, at: Route.place(of: track, target))
            if let current, current != target { requestKeyFrame(from: source, at: Route.place(of: track, current)) }
        }
    }

    /// Asks for the key frame that takes the place of lost packets, where the layer goes to anybody.
    func keyFrameNeeded(of track: TrackIndex, _ encoding: EncodingIndex, from source: Peer) {
        let isForwarded = source.forwardings.contains { route in
            route.track == track && (route.layers.current == encoding || route.layers.target == encoding)
                && peer(route.destination) != nil
        }
        let isTaken = source.sinks.contains { $0.track == track }
        if isForwarded || isTaken { requestKeyFrame(from: source, at: Route.place(of: track, encoding)) }
    }

    /// Asks for a key frame where a forwarder waits for one and its receiver is there.
    func wishIfWaiting(_ feed: Feed) {
        guard let source = peer(feed.source), isInForce(feed, from: source),
            source.forwardings[feed.route].isOpen, source.forwardings[feed.route].forwarder.needsKeyFrame,
            peer(source.forwardings[feed.route].destination)?.session.isConnected == true
        else { return }
        wish(from: source, by: feed.route)
    }

    /// Asks a source for the key frame that a forwarder waits for, from time to time.
    func wish(from source: Peer, by route: Int) {
        if let next = source.forwardings[route].nextWish, now < next { return }
        source.forwardings[route].nextWish = now + Self.wishInterval
        requestKeyFrame(from: source, at: source.forwardings[route].targetPlace)
    }

    /// A stream of a peer has begun: what was asked of it before it was known went nowhere, and there is more to choose
    /// from.
    func streamStarted(_ stream: IncomingStream, of source: Peer) {
        for route in source.forwardings.indices where source.forwardings[route].track == stream.track {
            if source.forwardings[route].layers.target == stream.encoding { source.forwardings[route].nextWish = nil }
            guard source.forwardings[route].preferred != nil || !source.forwardings[route].hasLayer else { continue }
            if let destination = peer(source.forwardings[route].destination) { reviewLayers(of: destination) }
        }
    }
}

extension Route {
    /// The layer that is being forwarded, and the one that is to be.
    var layers: (current: EncodingIndex?, target: EncodingIndex) { (forwarder.current, forwarder.target) }

    /// Lets its place be taken by another forwarding.
    mutating func retire() {
        self = Route(
            id: ForwardingID(rawValue: 0),
            track: track,
            destination: .none,
            stream: stream,
            forwarder: forwarder
        )
    }
}

extension PeerID {
    /// Names no peer.
    static let none = PeerID(slot: .max, generation: 0)
}
