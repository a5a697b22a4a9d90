// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import RTCCrypto

/// Sessions' ways by TURN servers. A datagram that goes by one is copied once more, and nothing is allocated for it.
extension MediaWorker {
    /// How many batches are taken from one relay's socket before others get their turn.
    private static let batchesPerTurn = 4

    // MARK: Sending

    /// Sends the datagram in the reserved room by a relay; the first check that goes there has it made.
    func commitToRelay(_ length: Int, from peer: Peer, to remote: TransportAddress) {
        let isCheck = unsafe STUNMessage.isSTUN(batch.reserved(length).bytes)
        guard let path = peer.relay ?? (isCheck ? makeRelay(for: peer) : nil) else {
            statistics.unreachable += 1
            return
        }
        path.lastUse = now
        if isCheck, path.relay.expect(remote, at: now) { askForPermission(length, by: path, of: peer) }
        let room = unsafe batch.reserve()
        var buffer = unsafe room.mutableBytes
        guard let (count, attempt) = path.relay.wrap(&buffer, length: length, to: remote, at: now),
            let transport = path.transports[attempt]
        else {
            statistics.unreachable += 1
            return
        }
        statistics.relays.packetsSent += 1
        commit(count, by: transport)
    }

    /// Lets the request for a peer's permission leave before the first datagram for it, which is kept meanwhile.
    private func askForPermission(_ length: Int, by path: RelayPath, of peer: Peer) {
        let datagram = unsafe [UInt8](batch.reserved(length))
        drive(path, of: peer)
        unsafe datagram.withUnsafeBytes { unsafe batch.reserve().copyMemory(from: $0) }
    }

    private func commit(_ length: Int, by transport: RelayPath.Transport) {
        switch transport {
        case .datagrams(let socket, let lane, _):
            guard let server = socket.connectedPeer else { return }
            batch.commit(length, on: lane, to: server, from: nil)
        case .stream(let connection):
            commit(length, to: connection)
        }
    }

    // MARK: Receiving

    /// Takes what has come on a relay's socket.
    func serveRelay(_ place: Int) {
        for _ in 0..<Self.batchesPerTurn {
            guard let entry = relaySockets[place] else { return }
            let count = batch.receive(from: entry.socket)
            for index in 0..<count {
                guard let message = unsafe batch.message(at: index), let peer = peer(at: entry.peer) else { continue }
                unsafe takeRelayed(message.bytes, of: entry.attempt, by: peer)
            }
            guard count == batch.configuration.receiveSlots else { return }
        }
    }

    /// Takes a message from the server of an attempt.
    @unsafe
    func takeRelayed(_ bytes: UnsafeMutableRawBufferPointer, of attempt: TURNRelay.AttemptID, by peer: Peer) {
        guard let path = peer.relay else { return }
        let message = unsafe UnsafeRawBufferPointer(bytes).bytes
        switch path.relay.receive(message, of: attempt, at: now) {
        case .data(let range, let source):
            statistics.relays.packetsReceived += 1
            guard !range.isEmpty else { return }
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range])
            var datagram = unsafe part.mutableBytes
            _ = receive(&datagram, from: source, by: peer)
        case .consumed:
            drive(path, of: peer)
        case .ignored:
            statistics.relays.ignored += 1
        }
    }

    /// The peer with this name, one that only says farewell included.
    func peer(at id: PeerID) -> Peer? {
        guard id.slot < peers.count, let peer = peers[id.slot], peer.id == id else { return nil }
        return peer
    }

    // MARK: Beginning and end

    private func makeRelay(for peer: Peer) -> RelayPath? {
        guard let servers = peer.relaySettings?.servers, !servers.isEmpty, !peer.isRetired else { return nil }
        var generator = SystemRandomNumberGenerator()
        let path = RelayPath(TURNRelay(servers, at: now, seed: generator.next()), at: now)
        peer.relay = path
        statistics.relays.opened += 1
        path.relay.advance(to: now)
        // The check that has it made is lost meanwhile, and sent again when there is an allocation.
        drive(path, of: peer)
        return path
    }

    /// Lets a relay act that has something due, and gives one back that nobody uses any more.
    func advanceRelay(of peer: Peer) {
        guard let path = peer.relay else { return }
        path.relay.advance(to: now)
        drive(path, of: peer)
        let isInUse = peer.session.selectedAddress?.transport == .relayed
        if !isInUse, now >= path.lastUse + RelayPath.idleTime { closeRelay(of: peer) }
        if isInUse { path.lastUse = now }
    }

    /// Has the server in use asked whether it is still there, since nothing comes by it any more.
    func probeRelay(of peer: Peer) {
        guard let path = peer.relay, peer.session.selectedAddress?.transport == .relayed else { return }
        path.relay.probe(at: now)
        drive(path, of: peer)
    }

    /// Notes that the system says that the port of a relay's server is closed.
    func noteRefusal(of socket: DatagramSocket, by peer: Peer) {
        guard let path = peer.relay else { return }
        for (attempt, transport) in path.transports {
            guard case .datagrams(let own, _, _) = transport, own === socket else { continue }
            path.relay.refused(by: attempt, at: now)
            return drive(path, of: peer)
        }
    }

    /// Gives a session's relay back.
    func closeRelay(of peer: Peer) {
        guard let path = peer.relay else { return }
        path.relay.close(at: now)
        drive(path, of: peer)
        peer.relay = nil
    }

    /// Gives the relay of a session other servers, from its next allocation on.
    func replaceRelayServers(_ settings: RelaySettings, of peer: Peer) {
        peer.relaySettings = settings
        guard let path = peer.relay else { return }
        path.relay.replaceServers(settings.servers, at: now)
        path.relay.advance(to: now)
        drive(path, of: peer)
    }

    /// Notes that the connection of an attempt has ended.
    func relayConnectionEnded(_ connection: StreamConnection, of attempt: TURNRelay.AttemptID, by peer: Peer) {
        guard let path = peer.relay, path.transports.removeValue(forKey: attempt) != nil else { return }
        let failure = connection.securityFailure.map { TURNFailure.notSecured($0) } ?? .connectionLost
        path.relay.connectionEnded(attempt, failure, at: now)
        drive(path, of: peer)
    }

    // MARK: Driving

    /// Does what a relay wants done.
    private func drive(_ path: RelayPath, of peer: Peer) {
        while true {
            let room = unsafe batch.reserve()
            var output = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
            let answer = path.relay.poll(into: &output)
            let length = unsafe output.finalize(for: room)
            switch answer {
            case .open(let server, let attempt):
                open(server, for: attempt, by: path, of: peer)
            case .transmit(let attempt):
                if let transport = path.transports[attempt] { commit(length, by: transport) }
            case .close(let attempt):
                if let transport = path.transports.removeValue(forKey: attempt) { close(transport) }
            case .allocated(let address, let server):
                peer.session.relayChanged(at: now)
                tell(.allocated(address, by: server), of: peer)
            case .lost(let failure, let server):
                tell(.lost(failure, at: server), of: peer)
            case .exhausted(let refusals):
                tell(.unavailable(refusals), of: peer)
            case .wait(let moment):
                path.relayDeadline = moment
                deadlines.schedule(peer.id.slot, at: path.deadline)
                return
            }
        }
    }

    private func tell(_ news: RelayNews, of peer: Peer) {
        if case .allocated = news { statistics.relays.allocations += 1 }
        peer.events.yield(.relay(news))
        touch(peer)
    }

    private func open(
        _ server: TURNServer,
        for attempt: TURNRelay.AttemptID,
        by path: RelayPath,
        of peer: Peer
    ) {
        do throws(TURNFailure) {
            path.transports[attempt] =
                server.transport == .udp
                ? try openDatagrams(to: server, for: attempt, of: peer)
                : .stream(try openRelayStream(to: server, for: attempt, of: peer))
        } catch {
            path.relay.connectionEnded(attempt, error, at: now)
        }
    }

    private func openDatagrams(
        to server: TURNServer,
        for attempt: TURNRelay.AttemptID,
        of peer: Peer
    ) throws(TURNFailure) -> RelayPath.Transport {
        let any = server.address.ip.isIPv4 ? IPAddress.anyIPv4 : .anyIPv6
        do throws(SocketError) {
            let options = configuration.socketOptions
            let socket = try DatagramSocket(bindingTo: TransportAddress(any, port: 0), options: options)
            guard socket.connect(to: server.address) else { throw SocketError(operation: .connect, number: 0) }
            socket.owner = peer.id.slot
            let entry = RelaySockets.Entry(socket: socket, peer: peer.id, attempt: attempt)
            let place = relaySockets.add(entry)
            do throws(SocketError) {
                try poller.add(socket.descriptor, token: Token.firstRelay + place)
            } catch {
                relaySockets.remove(place)
                throw error
            }
            return .datagrams(socket, lane: batch.addLane(on: socket), place: place)
        } catch {
            throw .connectionLost
        }
    }

    private func close(_ transport: RelayPath.Transport) {
        switch transport {
        case .datagrams(let socket, let lane, let place):
            batch.removeLane(lane)
            poller.remove(socket.descriptor)
            relaySockets.remove(place)
        case .stream(let connection):
            closeRelayStream(connection)
        }
    }
}
