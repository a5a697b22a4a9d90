// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import RTCCrypto

/// Handshakes of sessions beside the packets of others.
extension MediaWorker {
    /// Whether a session that has no keys yet takes a datagram later: a handshake's, or media that comes behind one.
    ///
    /// Who sends the last message of a handshake may send media right after it, often in the same batch.
    func isPostponed(_ datagram: RawSpan, of peer: Peer) -> Bool {
        guard !peer.session.isConnected, datagram.byteCount > 0 else { return false }
        // By the first byte (RFC 7983 §7).
        switch datagram.byte(at: 0) {
        case 20...63: return true
        case 128...191: return handshakes.isWaiting(peer.id)
        default: return false
        }
    }

    /// Puts a datagram aside until the handshake has gone on.
    func postpone(_ datagram: RawSpan, from source: TransportAddress, of peer: Peer) {
        let bytes = unsafe datagram.withUnsafeBytes { unsafe [UInt8]($0) }
        if !handshakes.append(HandshakeQueue.Waiting(peer: peer.id, source: source, bytes: bytes)) {
            statistics.handshakes.postponedTooMany += 1
        }
    }

    /// Lets handshakes go on for a while, once what was received beside them has left.
    func continueHandshakes() {
        guard let due = handshakes.deadline, due <= now else { return }
        flush()
        let (began, used) = (Clock.now, configuration.handshakeTime)
        var elapsed = Duration.zero
        while elapsed < used, let waiting = handshakes.popFirst() {
            proceed(waiting)
            elapsed = Clock.now - began
        }
        handshakes.rest(after: elapsed, at: began + elapsed)
    }

    private func proceed(_ waiting: HandshakeQueue.Waiting) {
        guard let peer = peer(waiting.peer) else { return }
        var bytes = waiting.bytes
        var span = bytes.mutableSpan
        var datagram = unsafe span.mutableBytes
        let hadKeys = peer.session.isConnected
        take(&datagram, from: waiting.source, by: peer)
        guard !hadKeys, peer.session.isConnected else { return }
        // With keys it waits for nothing more, and what came first has to be taken first.
        for waiting in handshakes.remove(of: peer.id) { proceed(waiting) }
    }

    /// Counts what became of a session's handshake.
    func noteHandshake(_ event: SessionEvent) {
        switch event {
        case .connected: statistics.handshakes.completed += 1
        case .closed(.dtls(.timeout)): statistics.handshakes.unfinished += 1
        case .closed(.dtls): statistics.handshakes.failed += 1
        default: break
        }
    }
}
