// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The paths of sessions with a socket of their own that do not go by it.
extension MediaWorker {
    /// Sends a datagram that a session wrote where its socket does not reach.
    func commitElsewhere(_ length: Int, from peer: Peer, to remote: TransportAddress) {
        switch remote.transport {
        case .tcp: commitToOwnStream(length, from: peer, to: remote)
        case .udp, .relayed: statistics.unreachable += 1
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
        do throws(SocketError) {
            try poller.add(descriptor, token: Token.stream(connection.slot))
        } catch {
            connection.close()
            streams.remove(connection)
            return nil
        }
        statistics.streams.opened += 1
        // Room to write shows that the far end has answered.
        connection.behindSince = now
        poller.watchRoom(on: descriptor, token: Token.stream(connection.slot), true)
        streamDeadlines.schedule(connection.slot, at: deadline(of: connection))
        return connection
    }
}
