// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

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
        let peer = Peer(id: id, session: session, socket: socket, events: continuation)
        peers[slot] = peer
        load.add(1)
        touch(peer)
        let reachable = socket.map { candidates(port: $0.localAddress.port) } ?? sharedCandidates
        return OpenedSession(id: id, events: stream, candidates: reachable)
    }

    private func ownSocket(
        for connectivity: SessionConfiguration.Connectivity
    ) throws(MediaWorkerError) -> DatagramSocket? {
        guard case .controlling(let ice) = connectivity else { return nil }
        var options = configuration.socketOptions
        if ice.candidates.contains(where: { !$0.address.ip.isIPv4 }) {
            options.isDualStack = true
            let any = TransportAddress(IPAddress(high: 0, low: 0), port: 0)
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
        case .iceState, .observed, .layers, .closed:
            break
        }
        peer.events.yield(event)
    }

    /// Takes a peer whose session has ended out of every table.
    func remove(_ peer: Peer) {
        let slot = peer.id.slot
        for feed in peer.feeds { detach(feed) }
        for route in peer.forwardings { self.peer(route.destination)?.feeds.removeAll { $0.id == route.id } }
        for lane in [peer.lanes.ipv4, peer.lanes.ipv6] where lane >= 0 { batch.removeLane(lane) }
        if let socket = peer.socket { poller.remove(socket.descriptor) }
        multiplexer.remove(slot)
        deadlines.remove(slot)
        statistics.addDrops(peer.session.statistics.drops)
        peers[slot] = nil
        freeSlots.append(slot)
        endStreams(of: peer)
        load.add(-1)
        peer.events.finish()
    }

    /// What a peer has done so far.
    func statistics(of peer: Peer) -> MediaSessionStatistics {
        let outgoing = peer.session.outgoingStreams
        return MediaSessionStatistics(
            session: peer.session.statistics,
            selectedAddress: peer.session.selectedAddress,
            isConnected: peer.session.isConnected,
            incoming: peer.session.incomingStreams,
            outgoing: outgoing,
            layers: peer.feeds.compactMap { feed in
                guard let source = self.peer(feed.source), isInForce(feed, from: source) else { return nil }
                let (current, target) = source.forwardings[feed.route].layers
                return ForwardedLayers(stream: feed.stream, current: current, target: target)
            },
            roundTripTime: peer.session.receiveRoundTrip ?? outgoing.lazy.compactMap(\.roundTripTime).first,
            availableBitrate: peer.session.availableBitrate
        )
    }

    /// The counters of this moment.
    func snapshot() -> MediaWorkerStatistics {
        var result = statistics
        result.datagrams = batch.statistics
        result.streams.open = streams.count
        for case let peer? in peers {
            result.addDrops(peer.session.statistics.drops)
            result.sessions += 1
        }
        result.cpuTime = Clock.threadCPUTime
        return result
    }
}

/// What is told of a session that has been opened.
struct OpenedSession: Sendable {
    let id: PeerID
    let events: AsyncStream<SessionEvent>
    let candidates: [ICECandidate]
}
