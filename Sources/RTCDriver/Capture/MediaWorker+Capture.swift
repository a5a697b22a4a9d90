// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// Begins to record the packets of sessions, those among them that are there.
    func startCapture(of sessions: [PeerID], by tap: PacketTap) throws(MediaWorkerError) {
        let found = sessions.map { peer($0) }
        guard found.contains(where: { $0 != nil }) else { throw .sessionEnded }
        guard !found.contains(where: { $0?.tap.map { !$0.tap.isOver } ?? false }) else { throw .captureRunning }
        for (place, peer) in found.enumerated() {
            peer?.tap = PeerTap(tap: tap, session: place)
            peer?.session.plain.keepsSent = true
        }
    }

    /// Ends it, unless it is over.
    func stopCapture(by tap: PacketTap) {
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
        guard let tap = peer.tap?.tap, let session = peer.tap?.session else { return }
        guard !tap.isOver else { return endCapture(of: peer) }
        let local = ownAddress(of: peer, towards: remote)
        let packet = CapturedPacket(
            session: session,
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

/// Packets of some sessions that are being recorded.
package struct PacketCapture: Sendable {
    /// What was recorded, for one reader; ends at the limits, with the last session, or when it is stopped.
    package let chunks: AsyncStream<CaptureChunk>
    private let drops: DroppedPackets
    private let end: @Sendable () async -> Void

    init(chunks: AsyncStream<CaptureChunk>, drops: DroppedPackets, end: @escaping @Sendable () async -> Void) {
        self.chunks = chunks
        self.drops = drops
        self.end = end
    }

    /// How many packets of each session were not recorded so far because the reader was too slow.
    package var dropped: [UInt64] { drops.value }

    /// Ends it; what was recorded stays to be read.
    package func stop() async { await end() }
}

extension MediaWorker.Handle {
    /// Begins to record the packets of sessions, in plain.
    ///
    /// - Parameters:
    ///   - sessions: the sessions, of this worker; those that have ended are left out.
    ///   - limits: how much is recorded at most.
    /// - Returns: what is recorded; to be stopped by its reader.
    /// - Throws: `MediaWorkerError.captureRunning` where another one of these is being recorded, `.sessionEnded` where
    ///   none of them is there, `.stopped`.
    package func capture(_ sessions: [PeerID], limits: CaptureLimits) async throws -> PacketCapture {
        let (chunks, continuation) = AsyncStream.makeStream(
            of: CaptureChunk.self,
            bufferingPolicy: .bufferingOldest(PacketTap.maximumChunks)
        )
        let (name, drops) = try await perform { worker in
            let tap = PacketTap(worker.nextGeneration, sessions: sessions.count, limits, into: continuation)
            worker.nextGeneration += 1
            try worker.startCapture(of: sessions, by: tap)
            return (tap.id, tap.dropped)
        }
        return PacketCapture(chunks: chunks, drops: drops) {
            _ = try? await perform { worker in
                let taps = worker.peers.lazy.compactMap { $0?.tap?.tap }
                if let tap = taps.first(where: { $0.id == name }) { worker.stopCapture(by: tap) }
            }
            // Where no session is left that has it.
            continuation.finish()
        }
    }
}
