// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// An outgoing stream that one rank of a track's layers goes to.
struct RankedStream {
    let stream: SendStreamIndex
    /// The session and the track that it is a layer of.
    let source: PeerID
    let track: TrackIndex
    /// 0 for the lowest quality.
    let rank: Int
    /// Whether it is held back.
    let isHeld: Bool
    /// Bits per second of the layer that is its, held back or not; `nil` while that has stopped or was not measured.
    let bitrate: Double?
}

extension MediaWorker {
    /// The streams of a peer that ranks of layers go to, lowest quality first.
    func rankedStreams(of peer: Peer) -> [RankedStream] {
        peer.feeds.compactMap { feed in
            guard let source = self.peer(feed.source), isInForce(feed, from: source),
                let rank = source.forwardings[feed.route].rank, source.forwardings[feed.route].hasLayer
            else { return nil }
            let track = source.forwardings[feed.route].track
            let target = Int(source.forwardings[feed.route].layers.target.rawValue)
            return RankedStream(
                stream: feed.stream,
                source: feed.source,
                track: track,
                rank: rank,
                isHeld: source.forwardings[feed.route].isHeld,
                bitrate: track.rawValue < source.layers.count && !source.forwardings[feed.route].isPaused
                    ? source.layers[track.rawValue]?.measurements[target].bitrate : nil
            )
        }
        .sorted { $0.rank < $1.rank }
    }

    /// Holds an outgoing stream back: nothing goes to it until it is released, whoever feeds it.
    func hold(_ stream: SendStreamIndex, of peer: Peer) {
        guard peer.held.insert(stream).inserted else { return }
        for feed in peer.feeds where feed.stream == stream {
            guard let source = self.peer(feed.source), isInForce(feed, from: source) else { continue }
            source.forwardings[feed.route].isHeld = true
            listen(feed.route, of: source)
        }
    }

    /// Lets an outgoing stream go on that was held back, from its layer's next key frame on, which is asked for.
    ///
    /// Its sequence numbers go on by one, its timestamps where its layer has them.
    func release(_ stream: SendStreamIndex, of peer: Peer) {
        guard peer.held.remove(stream) != nil else { return }
        for feed in peer.feeds where feed.stream == stream {
            guard let source = self.peer(feed.source), isInForce(feed, from: source) else { continue }
            source.forwardings[feed.route].isHeld = false
            source.forwardings[feed.route].forwarder.resume()
            source.forwardings[feed.route].nextWish = nil
            listen(feed.route, of: source)
            wishIfWaiting(feed)
        }
    }

    /// How often it is seen whether layers have stopped, once all are known.
    private static let rankInterval: Duration = .milliseconds(500)

    /// Sees anew which layer each rank is that comes to a peer.
    ///
    /// - Returns: when it is to be seen next; `nil` where there are no ranks.
    func reviewRanks(of peer: Peer) -> MonotonicTime? {
        var seen: (source: PeerID, track: TrackIndex)?
        var interval = Self.rankInterval
        for feed in peer.feeds {
            guard let source = self.peer(feed.source), isInForce(feed, from: source),
                let rank = source.forwardings[feed.route].rank
            else { continue }
            let track = source.forwardings[feed.route].track
            if seen.map({ $0 != (feed.source, track) }) ?? true {
                seen = (feed.source, track)
                measureLayers(of: track, from: source)
                tellRanks(of: track, from: source)
                if source.layers[track.rawValue]?.ranks.isComplete != true { interval = LayerWatch.interval }
            }
            guard let places = source.layers[track.rawValue]?.ranks.places, rank < places.count else { continue }
            give(EncodingIndex(UInt8(places[rank])), to: feed, from: source)
            pauseOrResume(feed, from: source)
        }
        return seen == nil ? nil : now + interval
    }

    /// Lets a rank's stream be fed with a layer, from its next key frame on.
    private func give(_ layer: EncodingIndex, to feed: Feed, from source: Peer) {
        guard !source.forwardings[feed.route].hasLayer else { return select(layer, by: feed.route, from: source) }
        source.forwardings[feed.route].hasLayer = true
        source.forwardings[feed.route].forwarder.select(layer)
        listen(feed.route, of: source)
        wishIfWaiting(feed)
    }

    /// Lets a rank wait whose layer the publisher has stopped, until that has come back to stay.
    ///
    /// The SFU gives the viewers of a stream another one when nothing came of it for 1.5 s, and takes them back with the
    /// next packet (protocol page §7.6). So what stops again and again has to prove itself, longer each time, before the
    /// SFU sees anything of it. It goes on from a key frame on, without a gap for what there never was.
    private func pauseOrResume(_ feed: Feed, from source: Peer) {
        let (current, target) = source.forwardings[feed.route].layers
        guard let layers = source.layers[source.forwardings[feed.route].track.rawValue] else { return }
        if source.forwardings[feed.route].isPaused {
            guard layers.mayGoOut(target, at: now) else { return }
            source.forwardings[feed.route].isPaused = false
            source.forwardings[feed.route].nextWish = nil
        } else {
            guard current == target, !layers.watch.isFlowing(Int(target.rawValue)) else { return }
            source.forwardings[feed.route].isPaused = true
            source.forwardings[feed.route].forwarder.resume()
        }
        listen(feed.route, of: source)
        wishIfWaiting(feed)
    }

    /// A key frame may begin in a layer that goes out by its rank: the moment to learn which that is, and where its
    /// timestamps lie beside those of the others.
    func keyFrameBegan(with packet: ReceivedPacket, by route: Int, from source: Peer) {
        let place = Int(packet.encoding.rawValue)
        if source.layers[packet.track.rawValue]?.ranks.isMeasured(place) != true,
            let destination = peer(source.forwardings[route].destination)
        {
            reviewLayers(of: destination)
        }
        guard source.forwardings[route].layers.target == packet.encoding,
            !source.forwardings[route].forwarder.isAligned(packet.header.ssrc),
            let other = neighbour(of: route, in: source)
        else { return }
        let shift = source.forwardings[other].layers.current.flatMap {
            source.session.timestampShift(of: packet.track, from: $0, to: packet.encoding)
        }
        guard let alignment = source.forwardings[other].forwarder.alignment(of: packet, shift: shift) else { return }
        source.forwardings[route].forwarder.align(alignment)
    }

    /// The rank beside which the timestamps of a layer belong that begins in another one.
    ///
    /// One that runs; while none does, the one that stood last, as when a publisher comes in place of another: a rank that
    /// nobody fed before lies in the timebase of the others from its first packet on.
    ///
    /// - Returns: `nil` where there is none, or where its own stream is what stood last.
    private func neighbour(of route: Int, in source: Peer) -> Int? {
        var last: (route: Int, capturedAt: MonotonicTime)?
        for other in source.forwardings.indices where source.forwardings[other].rank != nil {
            guard source.forwardings[other].track == source.forwardings[route].track,
                source.forwardings[other].destination == source.forwardings[route].destination,
                let head = source.forwardings[other].forwarder.newest
            else { continue }
            if other != route, source.forwardings[other].forwarder.isRunning { return other }
            if last.map({ $0.capturedAt < head.capturedAt }) ?? true { last = (other, head.capturedAt) }
        }
        return last?.route == route ? nil : last?.route
    }

    /// Tells the owner of the publisher's session what is new about layers that all go on.
    private func tellRanks(of track: TrackIndex, from source: Peer) {
        guard let encodings = source.session.parameters(of: track)?.encodings, encodings.count > 1,
            let report = source.layers[track.rawValue]?.newsOfRanks(of: track, named: encodings, at: now)
        else { return }
        source.events.yield(.layers(report))
    }
}
