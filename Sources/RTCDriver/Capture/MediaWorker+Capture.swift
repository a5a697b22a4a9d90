// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// Lets a capture record what comes and goes by sessions, those among them that are there; nothing once it is over.
    func record(_ sessions: [(session: PeerID, leg: Int)], by name: UInt64) throws(MediaWorkerError) {
        guard let tap = taps.first(where: { $0.id == name && !$0.isOver }) else { return }
        let found = sessions.compactMap { entry in peer(entry.session).map { (peer: $0, leg: entry.leg) } }
        guard !found.contains(where: { $0.peer.tap.map { $0.tap !== tap && !$0.tap.isOver } ?? false }) else {
            throw .captureRunning
        }
        for (peer, leg) in found where peer.tap?.tap !== tap {
            peer.tap = PeerTap(tap: tap, leg: leg)
            peer.session.plain.keepsSent = true
        }
    }

    /// Ends a capture, and forgets it.
    func stopCapture(_ name: UInt64) {
        guard let place = taps.firstIndex(where: { $0.id == name }) else { return }
        let tap = taps.remove(at: place)
        tap.finish()
        for case let peer? in peers where peer.tap?.tap === tap { endCapture(of: peer) }
    }

    private func endCapture(of peer: Peer) {
        peer.tap = nil
        peer.session.plain.keepsSent = false
    }

    /// Records a datagram that a session has taken, if it was decrypted.
    func recordReceived(_ datagram: RawSpan, from remote: TransportAddress, by peer: Peer) {
        let length = peer.session.plain.receivedLength
        guard length > 0, length <= datagram.byteCount else { return }
        let content: CapturedPacket.Content = isRTCP(datagram) ? .rtcp : .rtp
        record(datagram.extracting(first: length), RawSpan(), content, isOutgoing: false, remote, by: peer)
    }

    /// Records a packet of media that a session has written: its header stands in plain before the protected payload.
    @unsafe
    func recordSent(_ room: UnsafeRawBufferPointer, payload: RawSpan, to remote: TransportAddress, by peer: Peer) {
        let datagram = unsafe room.bytes
        guard let header = try? RTPHeader(parsing: datagram) else { return }
        record(datagram.extracting(first: header.headerLength), payload, .rtp, isOutgoing: true, remote, by: peer)
    }

    /// Records what a session wrote by itself: RTCP, or a retransmission.
    func recordPolled(to remote: TransportAddress, by peer: Peer) {
        let bytes = peer.session.plain.sent
        guard bytes.count >= 2 else { return }
        peer.session.plain.forget()
        let packet = unsafe bytes.span.bytes
        record(packet, RawSpan(), isRTCP(packet) ? .rtcp : .rtp, isOutgoing: true, remote, by: peer)
    }

    private func record(
        _ head: RawSpan,
        _ tail: RawSpan,
        _ content: CapturedPacket.Content,
        isOutgoing: Bool,
        _ remote: TransportAddress,
        by peer: Peer
    ) {
        guard let tap = peer.tap?.tap, let leg = peer.tap?.leg else { return }
        guard !tap.isOver else { return stopCapture(tap.id) }
        let local = ownAddress(of: peer, towards: remote)
        let packet = CapturedPacket(
            leg: leg,
            isOutgoing: isOutgoing,
            content: content,
            source: isOutgoing ? local : remote,
            destination: isOutgoing ? remote : local,
            moment: now
        )
        tap.record(packet, head, tail)
    }

    /// Whether a packet in plain is RTCP (RFC 5761 §4).
    private func isRTCP(_ packet: RawSpan) -> Bool {
        packet.byteCount >= 2 && (192...223).contains(packet.byte(at: 1))
    }

    /// The address of ours that is used towards another one; asked of the system when the other one changes.
    private func ownAddress(of peer: Peer, towards remote: TransportAddress) -> TransportAddress {
        if let path = peer.tap?.path, path.remote == remote { return path.local }
        let unknown = TransportAddress(remote.ip.isIPv4 ? .anyIPv4 : .anyIPv6, port: port.number)
        var local = peer.socket?.currentLocalAddress ?? unknown
        if peer.socket == nil {
            let shared = remote.ip.isIPv4 ? sharedIPv4 : sharedIPv6
            let reached = peer.replyPath.flatMap { $0.remote == remote ? $0.local : nil }
            local.ip = reached ?? shared?.localAddress.ip ?? local.ip
            if remote.transport == .tcp { local.port = port.streamNumber ?? local.port }
        }
        local.transport = remote.transport
        peer.tap?.path = (remote, local)
        return local
    }
}
