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
            let place = Route.place(of: stream.track, stream.encoding)
            guard place < peer.routes.count else { break }
            for index in peer.routes[place].indices where peer.routes[place][index].forwarder.needsKeyFrame {
                // What was asked before the stream was known went nowhere.
                peer.routes[place][index].nextWish = nil
            }
        case .keyFrameRequested(let stream):
            keyFrameRequested(stream, of: peer)
            return
        case .iceState, .observed, .closed:
            break
        }
        peer.events.yield(event)
    }

    /// Carries a receiver's wish for a key frame to whoever makes the stream.
    private func keyFrameRequested(_ stream: SendStreamIndex, of peer: Peer) {
        for index in peer.sources.indices where peer.sources[index].stream == stream {
            peer.sources[index].source.keyFrameRequested(at: now)
        }
        for feed in peer.feeds where feed.stream == stream {
            guard let source = self.peer(feed.source) else { continue }
            requestKeyFrame(from: source, at: Route.place(of: feed.track, feed.encoding))
        }
    }

    /// Asks for a key frame where a forwarder waits for one and its receiver is there.
    private func wishIfWaiting(_ feed: Feed) {
        let place = Route.place(of: feed.track, feed.encoding)
        guard let source = peer(feed.source), place < source.routes.count,
            let index = source.routes[place].firstIndex(where: { $0.id == feed.id }),
            source.routes[place][index].forwarder.needsKeyFrame
        else { return }
        wish(from: source, by: (place, index))
    }

    /// Lets packets of a layer go to an outgoing stream.
    func startForwarding(_ request: ForwardingRequest) throws(MediaWorkerError) -> ForwardingID {
        guard let source = peer(request.source), let destination = peer(request.destination) else {
            throw .sessionEnded
        }
        guard source.session.parameters(of: request.track) != nil else { throw .noSuchStream }
        let id = ForwardingID(rawValue: nextForwarding)
        nextForwarding += 1
        let place = Route.place(of: request.track, request.encoding)
        while source.routes.count <= place { source.routes.append([]) }
        source.routes[place].append(
            Route(
                id: id,
                destination: destination.id,
                stream: request.stream,
                forwarder: TrackForwarder(request.configuration)
            )
        )
        let feed = Feed(
            id: id,
            source: source.id,
            track: request.track,
            encoding: request.encoding,
            stream: request.stream
        )
        destination.feeds.append(feed)
        if destination.session.isConnected { wishIfWaiting(feed) }
        return id
    }

    /// Ends a forwarding; one that has ended already is left alone.
    func stopForwarding(_ id: ForwardingID, to destination: PeerID) {
        guard let destination = peer(destination), let index = destination.feeds.firstIndex(where: { $0.id == id })
        else { return }
        let feed = destination.feeds.remove(at: index)
        detach(feed)
    }

    /// Ends every forwarding of a track.
    func stopForwardings(of track: TrackIndex, from source: Peer) {
        for place in source.routes.indices where Route.layer(at: place).track == track {
            for route in source.routes[place] { peer(route.destination)?.feeds.removeAll { $0.id == route.id } }
            source.routes[place] = []
        }
    }

    private func detach(_ feed: Feed) {
        let place = Route.place(of: feed.track, feed.encoding)
        guard let source = peer(feed.source), place < source.routes.count else { return }
        source.routes[place].removeAll { $0.id == feed.id }
    }

    /// Takes a peer whose session has ended out of every table.
    func remove(_ peer: Peer) {
        let slot = peer.id.slot
        for feed in peer.feeds { detach(feed) }
        for route in peer.routes.joined() {
            self.peer(route.destination)?.feeds.removeAll { $0.id == route.id }
        }
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

/// One layer, one outgoing stream, and how packets are changed between them.
struct ForwardingRequest: Sendable {
    var source: PeerID
    var track: TrackIndex
    var encoding: EncodingIndex
    var destination: PeerID
    var stream: SendStreamIndex
    var configuration: ForwardingConfiguration
}
