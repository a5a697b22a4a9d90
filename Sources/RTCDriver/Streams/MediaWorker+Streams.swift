// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// TCP connections (RFC 6544), to the shared port and from sessions: taken or opened, read, written and closed in the
/// turns of the worker's loop.
extension MediaWorker {
    /// How many connections are taken in one turn.
    private static let acceptsPerTurn = 32
    /// How often one connection is read before the others get their turn.
    private static let readsPerTurn = 4
    /// How many packets a connection may bring before a session has accepted one of them.
    private static let maximumUnprovenPackets = 64
    /// How long no connection is taken after the system had no descriptor for one.
    private static let pause: Duration = .seconds(1)

    // MARK: Taking connections

    /// Takes the connections that wait.
    func accept(from listener: StreamListener?) {
        guard let listener, let limits = configuration.streams else { return }
        for _ in 0..<Self.acceptsPerTurn {
            switch listener.next() {
            case .connection(let descriptor, let remote):
                add(descriptor, from: remote, limits)
            case .vanished:
                continue
            case .nothing:
                return
            case .exhausted:
                statistics.streams.exhausted += 1
                pauseListening()
                return
            }
        }
    }

    private func add(_ descriptor: Int32, from remote: TransportAddress, _ limits: StreamConfiguration) {
        guard streams.acceptedCount < limits.maximumConnections,
            streams.count(from: remote.ip) < limits.maximumPerAddress
        else {
            statistics.streams.turnedAway += 1
            Platform.close(descriptor)
            return
        }
        let connection = streams.add(descriptor, remote: remote, at: now)
        do throws(SocketError) {
            try poller.add(descriptor, token: Token.stream(connection.slot))
        } catch {
            statistics.streams.exhausted += 1
            connection.close()
            streams.remove(connection)
            return
        }
        statistics.streams.accepted += 1
        streamDeadlines.schedule(connection.slot, at: deadline(of: connection))
    }

    /// What waits keeps a listener readable: it is not looked at until there may be descriptors again.
    private func pauseListening() {
        listeningResumes = now + Self.pause
        for case let listener? in [listeners.ipv4, listeners.ipv6] { poller.remove(listener.descriptor) }
    }

    /// Watches the listeners.
    func listen() throws(SocketError) {
        listeningResumes = nil
        if let listener = listeners.ipv4 { try poller.add(listener.descriptor, token: Token.listenerIPv4) }
        if let listener = listeners.ipv6 { try poller.add(listener.descriptor, token: Token.listenerIPv6) }
    }

    // MARK: Receiving

    /// Sends what a connection has room for again, and reads what has come by it.
    func serveStream(_ slot: Int) {
        guard let connection = streams[slot] else { return }
        if connection.behindSince != nil { flush(connection) }
        var reads = 0
        // What TLS has taken from the system nobody tells of again.
        while !connection.isClosed, reads < Self.readsPerTurn || connection.hasMore {
            reads += 1
            let reading = connection.read()
            if connection.hasOutput { queue(connection) }
            switch reading {
            case .bytes(let mayBeMore):
                connection.lastHeard = now
                takeFrames(of: connection)
                if !mayBeMore { return }
            case .nothing:
                return
            case .ended:
                end(connection, connection.isConnecting ? .unopened : .remote)
            }
        }
    }

    private func takeFrames(of connection: StreamConnection) {
        while !connection.isClosed {
            switch connection.nextFrame() {
            case .packet(let range):
                statistics.streams.packetsReceived += 1
                statistics.streams.bytesReceived += UInt64(range.count)
                let bytes = unsafe connection.bytes(range)
                if let attempt = connection.attempt {
                    guard let peer = connection.opener.flatMap({ peer(at: $0) }) else { return }
                    unsafe takeRelayed(bytes, of: attempt, by: peer)
                    continue
                }
                var datagram = unsafe bytes.mutableBytes
                guard isWelcome(datagram.bytes, on: connection) else { return end(connection, .junk) }
                // A null packet means nothing (RFC 4571 §2).
                guard !datagram.isEmpty else { continue }
                if let opener = connection.opener {
                    guard let peer = peer(opener) else { return end(connection, .finished) }
                    _ = receive(&datagram, from: connection.remote, by: peer)
                } else {
                    takeShared(&datagram, from: connection.remote, to: nil)
                }
            case .incomplete:
                return
            case .tooLong:
                return end(connection, .junk)
            }
        }
    }

    /// Whether a connection may send this: until it is proven, nothing but connectivity checks and few of them.
    private func isWelcome(_ packet: RawSpan, on connection: StreamConnection) -> Bool {
        guard connection.owner == nil else { return true }
        connection.unprovenPackets += 1
        return connection.unprovenPackets <= Self.maximumUnprovenPackets
            && (packet.isEmpty || STUNMessage.isSTUN(packet))
    }

    /// Notes that a session has accepted a check that came by the connection to an address.
    func claimStream(to remote: TransportAddress, for peer: Peer) {
        streams.connection(to: remote)?.owner = peer.id
    }

    // MARK: Sending

    /// Puts a datagram that a session wrote behind those that wait on a connection.
    func commitToStream(_ length: Int, to remote: TransportAddress) {
        guard let connection = streams.connection(to: remote) else {
            statistics.unreachable += 1
            return
        }
        commit(length, to: connection)
    }

    /// Puts the datagram in the reserved room behind those that wait on a connection.
    func commit(_ length: Int, to connection: StreamConnection) {
        guard unsafe connection.append(batch.reserved(length)) else {
            statistics.streams.droppedFull += 1
            return
        }
        statistics.streams.packetsSent += 1
        statistics.streams.bytesSent += UInt64(length)
        queue(connection)
    }

    /// Has a connection flushed at the end of the turn.
    private func queue(_ connection: StreamConnection) {
        guard !connection.isQueued else { return }
        connection.isQueued = true
        streams.queued.append(connection.slot)
    }

    /// Sends everything that was committed, by datagrams and by connections.
    func flush() {
        batch.flush()
        while let slot = streams.queued.popLast() {
            guard let connection = streams[slot] else { continue }
            connection.isQueued = false
            // One that is behind is flushed when there is room.
            if connection.behindSince == nil { flush(connection) }
        }
    }

    private func flush(_ connection: StreamConnection) {
        switch connection.flush() {
        case .done:
            connection.isConnecting = false
            guard connection.behindSince != nil else { return }
            connection.behindSince = nil
            poller.watchRoom(on: connection.descriptor, token: Token.stream(connection.slot), false)
        case .behind:
            guard connection.behindSince == nil else { return }
            connection.behindSince = now
            poller.watchRoom(on: connection.descriptor, token: Token.stream(connection.slot), true)
            streamDeadlines.schedule(connection.slot, at: deadline(of: connection))
        case .broken:
            end(connection, connection.isConnecting ? .unopened : .remote)
        }
    }

    // MARK: Ending

    /// Closes connections that have had their time, and listens again where that was put off.
    func expireStreams() {
        while let slot = streamDeadlines.popDue(at: now) {
            guard let connection = streams[slot] else { continue }
            let limits = streamLimits
            if let since = connection.behindSince, now >= since + limits.patience {
                end(connection, connection.isConnecting ? .unopened : .slow)
            } else if connection.owner == nil, now >= connection.began + limits.proofTime {
                end(connection, .unproven)
            } else if now >= connection.lastHeard + limits.idleTime {
                end(connection, .idle)
            } else {
                streamDeadlines.schedule(slot, at: deadline(of: connection))
            }
        }
        // What fails now fails again in a second.
        if let resumes = listeningResumes, now >= resumes { try? listen() }
    }

    /// When `expireStreams` has something to do.
    var nextStreamDeadline: MonotonicTime? {
        guard let earliest = streamDeadlines.earliest else { return listeningResumes }
        return listeningResumes.map { min($0, earliest) } ?? earliest
    }

    /// What connections have to keep to; those that sessions open are there without a port for others too.
    private var streamLimits: StreamConfiguration { configuration.streams ?? StreamConfiguration() }

    /// When a connection is to be looked at by `expireStreams`.
    func deadline(of connection: StreamConnection) -> MonotonicTime? {
        let limits = streamLimits
        var earliest = connection.lastHeard + limits.idleTime
        if connection.owner == nil { earliest = min(earliest, connection.began + limits.proofTime) }
        if let since = connection.behindSince { earliest = min(earliest, since + limits.patience) }
        return earliest
    }

    /// Closes the connections of a session that has ended, once they have been given what waited.
    func endStreams(of peer: Peer) {
        for connection in streams.connections(of: peer.id) {
            _ = connection.flush()
            end(connection, .finished)
        }
    }

    /// Closes a connection; its session goes on by another path, or waits for one.
    func end(_ connection: StreamConnection, _ ending: StreamStatistics.Ending) {
        guard !connection.isClosed else { return }
        statistics.streams.endings[ending, default: 0] += 1
        poller.remove(connection.descriptor)
        connection.close()
        streams.remove(connection)
        streamDeadlines.remove(connection.slot)
        if let attempt = connection.attempt {
            guard let peer = connection.opener.flatMap({ peer(at: $0) }) else { return }
            return relayConnectionEnded(connection, of: attempt, by: peer)
        }
        if connection.opener == nil { multiplexer.forget(connection.remote) }
        guard let owner = connection.owner.flatMap({ peer($0) }) else { return }
        owner.session.connectionEnded(to: connection.remote, at: now)
        touch(owner)
    }
}
