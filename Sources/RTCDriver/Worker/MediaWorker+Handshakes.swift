// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import RTCCrypto

/// Handshakes of sessions beside the packets of others.
extension MediaWorker {
    /// Whether a datagram is a handshake's, of a session that has no keys yet.
    static func isHandshake(_ datagram: RawSpan, of peer: Peer) -> Bool {
        // DTLS, by its first byte (RFC 7983 §7).
        !peer.session.isConnected && datagram.byteCount > 0 && (20...63).contains(datagram.byte(at: 0))
    }

    /// Puts a datagram of a handshake aside.
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
        take(&datagram, from: waiting.source, by: peer)
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
