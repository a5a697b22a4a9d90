// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import RTCCrypto

/// The paths of sessions with a socket of their own that do not go by it.
extension MediaWorker {
    /// Sends a datagram that a session wrote where its socket does not reach.
    func commitElsewhere(_ length: Int, from peer: Peer, to remote: TransportAddress) {
        switch remote.transport {
        case .tcp: commitToOwnStream(length, from: peer, to: remote)
        case .relayed: commitToRelay(length, from: peer, to: remote)
        case .udp: statistics.unreachable += 1
        }
    }

    /// Puts a datagram on the session's own connection to an address; the first check that goes there opens it.
    private func commitToOwnStream(_ length: Int, from peer: Peer, to remote: TransportAddress) {
        if let connection = streams.connection(to: remote, openedBy: peer.id) {
            return commit(length, to: connection)
        }
        let isCheck = unsafe STUNMessage.isSTUN(batch.reserved(length).bytes)
        guard isCheck, let connection = openStream(to: remote, for: peer) else {
            statistics.unreachable += 1
            return
        }
        commit(length, to: connection)
    }

    /// Opens a connection for a session.
    private func openStream(to remote: TransportAddress, for peer: Peer) -> StreamConnection? {
        guard !peer.isRetired, let descriptor = try? StreamDialer.open(remote) else { return nil }
        let connection = streams.add(descriptor, remote: remote, openedBy: peer.id, at: now)
        return watch(connection) ? connection : nil
    }

    /// Opens the connection to a TURN server.
    func openRelayStream(
        to server: TURNServer,
        for attempt: TURNRelay.AttemptID,
        of peer: Peer
    ) throws(TURNFailure) -> StreamConnection {
        let tls = try secure(server, of: peer)
        guard let descriptor = try? StreamDialer.open(server.address) else { throw .connectionLost }
        let connection = streams.addRelay(
            descriptor,
            remote: server.address,
            openedBy: peer.id,
            for: attempt,
            at: now
        )
        connection.secure(by: tls)
        guard watch(connection) else { throw .connectionLost }
        return connection
    }

    private func secure(_ server: TURNServer, of peer: Peer) throws(TURNFailure) -> TLSClientConnection? {
        guard server.transport == .tls else { return nil }
        guard let trust = peer.relaySettings?.trust else { throw .notSecured("nobody is trusted") }
        do {
            return try TLSClientConnection(to: server.name, trusting: trust)
        } catch {
            throw .notSecured("\(error)")
        }
    }

    /// Closes the connection to a TURN server, once it has been given what waited.
    func closeRelayStream(_ connection: StreamConnection) {
        guard !connection.isClosed else { return }
        connection.endSecurity()
        _ = connection.flush()
        end(connection, .finished)
    }

    /// Watches a connection that is being opened; says whether that is possible.
    private func watch(_ connection: StreamConnection) -> Bool {
        do throws(SocketError) {
            try poller.add(connection.descriptor, token: Token.stream(connection.slot))
        } catch {
            connection.close()
            streams.remove(connection)
            return false
        }
        statistics.streams.opened += 1
        // Room to write shows that the far end has answered.
        connection.behindSince = now
        poller.watchRoom(on: connection.descriptor, token: Token.stream(connection.slot), true)
        streamDeadlines.schedule(connection.slot, at: deadline(of: connection))
        return true
    }
}
