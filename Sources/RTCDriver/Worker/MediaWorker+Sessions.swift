// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import Synchronization

extension MediaWorker {
    /// The most lifecycle events that wait for their reader; the oldest make room.
    static let maximumEvents = 64

    /// Opens a session: on the shared port when it is lite, on a socket of its own when it is controlling.
    func open(_ configuration: SessionConfiguration) throws(MediaWorkerError) -> OpenedSession {
        guard !isStopping else { throw .stopped }
        let socket = try ownSocket(for: configuration.connectivity)
        let session = Session(configuration, at: now)
        let slot = freeSlots.popLast() ?? peers.count
        if slot == peers.count { peers.append(nil) }
        let fragment = session.localUsernameFragment
        guard socket != nil || multiplexer.register(fragment, for: slot) else {
            freeSlots.append(slot)
            throw .fragmentInUse
        }
        if let socket {
            socket.owner = slot
            do { try poller.add(socket.descriptor, token: Token.firstPeer + slot) } catch {
                freeSlots.append(slot)
                throw .socket(error)
            }
        }
        let (stream, continuation) = AsyncStream.makeStream(
            of: SessionEvent.self,
            bufferingPolicy: .bufferingNewest(Self.maximumEvents)
        )
        let id = PeerID(slot: slot, generation: nextGeneration)
        nextGeneration += 1
        let lastWords = LastWords()
        let peer = Peer(id: id, session: session, socket: socket, events: continuation, lastWords: lastWords)
        peers[slot] = peer
        load.add(1)
        touch(peer)
        return OpenedSession(id: id, events: stream, ownPort: socket?.localAddress.port, lastWords: lastWords)
    }

    private func ownSocket(
        for connectivity: SessionConfiguration.Connectivity
    ) throws(MediaWorkerError) -> DatagramSocket? {
        guard case .controlling(let ice) = connectivity else { return nil }
        var options = configuration.socketOptions
        if ice.candidates.contains(where: { !$0.address.ip.isIPv4 }) {
            options.isDualStack = true
            let any = TransportAddress(.anyIPv6, port: 0)
            if let socket = try? DatagramSocket(bindingTo: any, options: options) { return socket }
        }
        do {
            return try DatagramSocket(bindingTo: TransportAddress(.anyIPv4, port: 0), options: options)
        } catch {
            throw .socket(error)
        }
    }

    /// Does what an event of a session asks for, and tells the owner.
    func handle(_ event: SessionEvent, of peer: Peer) {
        noteHandshake(event)
        switch event {
        case .selected(let address):
            peer.lastStray = nil
            peer.socket?.connect(to: address)
        case .connected:
            pullSources(of: peer)
            for feed in peer.feeds { wishIfWaiting(feed) }
        case .streamStarted(let stream):
            streamStarted(stream, of: peer)
        case .keyFrameRequested(let stream):
            keyFrameRequested(stream, of: peer)
            return
        case .closed:
            peer.lastWords.note(statistics(of: peer))
        case .iceState(.disconnected):
            probeRelay(of: peer)
        case .iceState, .portClosed, .relay, .observed, .layers, .pictureSize, .congestion:
            break
        }
        peer.events.yield(event)
    }

    /// Lets nobody find a peer whose session has ended; what it still has to say to its own peer leaves meanwhile.
    func retire(_ peer: Peer) {
        guard !peer.isRetired else { return }
        peer.isRetired = true
        for feed in peer.feeds { detach(feed) }
        for route in peer.forwardings {
            keepHead(of: route)
            self.peer(route.destination)?.feeds.removeAll { $0.id == route.id }
        }
        peer.layerReview = nil
        multiplexer.retain([], for: peer.id.slot)
        load.add(-1)
        peer.events.finish()
    }

    /// Takes a peer that is retired out of every table.
    func remove(_ peer: Peer) {
        let slot = peer.id.slot
        closeRelay(of: peer)
        for lane in [peer.lanes.ipv4, peer.lanes.ipv6] where lane >= 0 { batch.removeLane(lane) }
        if let socket = peer.socket { poller.remove(socket.descriptor) }
        multiplexer.remove(slot)
        deadlines.remove(slot)
        statistics.addDrops(peer.session.statistics.drops)
        peers[slot] = nil
        freeSlots.append(slot)
        endStreams(of: peer)
    }

    /// What a peer has done so far.
    func statistics(of peer: Peer) -> MediaSessionStatistics {
        let outgoing = peer.session.outgoingStreams
        return MediaSessionStatistics(
            session: peer.session.statistics,
            selectedAddress: peer.session.selectedAddress,
            isConnected: peer.session.isConnected,
            silence: peer.session.lastMedia.map { now - $0 },
            incoming: peer.session.incomingStreams,
            outgoing: outgoing,
            pictures: pictures(of: peer),
            layers: peer.feeds.compactMap { feed in
                guard let source = self.peer(feed.source), isInForce(feed, from: source) else { return nil }
                let (current, target) = source.forwardings[feed.route].layers
                let place = Route.place(of: source.forwardings[feed.route].track, current ?? target)
                return ForwardedLayers(
                    stream: feed.stream,
                    current: current,
                    target: target,
                    counters: source.forwardings[feed.route].forwarder.forwarder.counters,
                    size: place < source.inspectors.count ? source.inspectors[place]?.pictureSize : nil
                )
            },
            roundTripTime: peer.session.receiveRoundTrip ?? outgoing.lazy.compactMap(\.roundTripTime).first,
            availableBitrate: peer.session.availableBitrate,
            congestion: peer.congestion?.statistics,
            pacing: peer.pacing?.statistics
        )
    }

    /// The counters of this moment.
    func snapshot() -> MediaWorkerStatistics {
        var result = statistics
        result.datagrams = batch.statistics
        result.streams.open = streams.count
        for case let peer? in peers {
            result.addDrops(peer.session.statistics.drops)
            if !peer.isRetired { result.sessions += 1 }
        }
        result.cpuTime = Clock.threadCPUTime
        return result
    }
}

/// What is told of a session that has been opened.
struct OpenedSession: Sendable {
    let id: PeerID
    let events: AsyncStream<SessionEvent>
    /// The port of its own; `nil` on the shared port.
    let ownPort: UInt16?
    let lastWords: LastWords
}

/// What a session has done when it ends, for whoever asks afterwards.
final class LastWords: Sendable {
    private let words = Mutex<MediaSessionStatistics?>(nil)

    /// What it had done; `nil` while it goes on.
    var statistics: MediaSessionStatistics? { words.withLock { $0 } }

    /// It is over.
    func note(_ statistics: MediaSessionStatistics) {
        words.withLock { $0 = statistics }
    }
}
