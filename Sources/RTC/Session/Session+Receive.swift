// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

extension Session {
    /// Takes a datagram; media is decrypted in place.
    ///
    /// - Parameters:
    ///   - datagram: the bytes as they arrived, without the frame of TCP.
    ///   - source: where they came from.
    ///   - moment: when they came.
    /// - Returns: what became of them.
    /// - Throws: why they were dropped; it is counted already.
    package mutating func receive(
        _ datagram: inout MutableRawSpan,
        from source: TransportAddress,
        at moment: MonotonicTime
    ) throws(DropReason) -> Received {
        now = max(now, moment)
        do {
            return try dispatch(&datagram, from: source)
        } catch {
            statistics.drops.count(error)
            throw error
        }
    }

    /// Tells the protocols that share the port apart by the first byte (RFC 7983 §7).
    @inline(__always)
    private mutating func dispatch(
        _ datagram: inout MutableRawSpan,
        from source: TransportAddress
    ) throws(DropReason) -> Received {
        plain.receivedLength = 0
        guard !datagram.isEmpty else { throw .unknownProtocol }
        guard closeReason == nil else { return try receiveFarewell(datagram.bytes, from: source) }
        switch datagram.bytes.byte(at: 0) {
        case 0...3:
            try receiveSTUN(datagram.bytes, from: source)
            return .consumed
        case 20...63:
            try receiveDTLS(datagram.bytes, from: source)
            return .consumed
        case 128...191:
            guard source == selectedAddress || ice.isKnown(source) else { throw .unverifiedAddress }
            guard datagram.byteCount >= 2 else { throw .malformedRTP }
            // RTCP packet types take the place of marker and payload type (RFC 5761 §4).
            if (192...223).contains(datagram.bytes.byte(at: 1)) {
                try receiveRTCP(&datagram, from: source)
                return .consumed
            }
            return try receiveRTP(&datagram, from: source)
        default:
            throw .unknownProtocol
        }
    }

    private mutating func receiveSTUN(_ bytes: RawSpan, from source: TransportAddress) throws(DropReason) {
        isQuiet = false
        do { try ice.receive(bytes, from: source, at: now) } catch { throw .stun }
        noteConnectivity()
    }

    private mutating func receiveDTLS(_ bytes: RawSpan, from source: TransportAddress) throws(DropReason) {
        guard ice.isKnown(source) else { throw .unverifiedAddress }
        guard let dtls else { throw .dtls }
        isQuiet = false
        dtls.receive(bytes)
        noteHandshake()
    }

    @inline(__always)
    private mutating func receiveRTP(
        _ datagram: inout MutableRawSpan,
        from source: TransportAddress
    ) throws(DropReason) -> Received {
        guard srtp != nil else { throw .noKeys }
        let header: RTPHeader
        do { header = try RTPHeader(parsing: datagram.bytes) } catch { throw .malformedRTP }
        let arrived = datagram.byteCount
        let length = try unprotectRTP(&datagram, header)
        plain.receivedLength = length
        noteMedia(from: source)
        let packet = datagram.bytes.extracting(first: length)
        let payload: Range<Int>
        do { payload = try header.payloadRange(of: packet) } catch { throw .malformedRTP }
        let extensions = PacketExtensions(reading: packet, header: header, map: incoming.extensions)
        if let number = extensions.transportSequenceNumber { noteTransport(number, size: arrived) }
        if let time = extensions.absSendTime { noteSendTime(time, size: arrived) }
        let received = try take(header, payload: payload, in: packet, extensions)
        statistics.packetsReceived += 1
        statistics.bytesReceived += UInt64(arrived)
        return received
    }

    /// Tells media from what carries it a second time.
    @inline(__always)
    private mutating func take(
        _ header: RTPHeader,
        payload: Range<Int>,
        in packet: RawSpan,
        _ extensions: PacketExtensions
    ) throws(DropReason) -> Received {
        guard incoming.retransmissionPayloadTypes.contains(header.payloadType) else {
            return .media(try take(header, payload: payload, extensions))
        }
        guard let original = try unwrapRetransmission(header, payload: payload, in: packet, extensions) else {
            return .consumed
        }
        return .media(try describe(original.header, payload: original.payload, extensions, slot: original.slot))
    }

    /// Counts a packet of a stream and says where it belongs.
    @inline(__always)
    private mutating func take(
        _ header: RTPHeader,
        payload: Range<Int>,
        _ extensions: PacketExtensions
    ) throws(DropReason) -> ReceivedPacket {
        let (slot, isNew) = try incoming.identify(header, extensions, at: now)
        let isNewest = incoming.streams[slot]?.reception.receive(header, payloadLength: payload.count, at: now) == true
        noteArrival(header.sequenceNumber, slot: slot)
        if isNew { beginClock(of: slot, header.timestamp) }
        let packet = try describe(header, payload: payload, extensions, slot: slot, isNewest: isNewest)
        if isNew {
            let stream = IncomingStream(track: packet.track, encoding: packet.encoding, ssrc: header.ssrc)
            enqueue(.streamStarted(stream))
            startReports()
        }
        return packet
    }

    private mutating func describe(
        _ header: RTPHeader,
        payload: Range<Int>,
        _ extensions: PacketExtensions,
        slot: Int,
        isNewest: Bool = false
    ) throws(DropReason) -> ReceivedPacket {
        guard let place = incoming.places[slot] else { throw .unknownStream }
        var extensions = extensions
        translateCaptureTime(in: &extensions.forwarded)
        return ReceivedPacket(
            header: header,
            payload: payload,
            extensions: extensions,
            track: place.track,
            encoding: place.encoding,
            stream: ReceiveStreamIndex(slot),
            receivedAt: now,
            capturedAt: publisherClock.receive(header.timestamp, of: slot, isNewest: isNewest, at: now)
        )
    }

    private mutating func unprotectRTP(
        _ datagram: inout MutableRawSpan,
        _ header: RTPHeader
    ) throws(DropReason) -> Int {
        do throws(SRTPError) {
            return try srtp?.unprotectRTP(&datagram, headerLength: header.headerLength) ?? 0
        } catch {
            if error == .replayed { noteReplay(header) }
            throw DropReason(error)
        }
    }

    /// How often ICE hears of media from the selected address.
    private static var signOfLifeInterval: Duration { .milliseconds(50) }

    /// Valid media keeps the session alive and shows which address the peer uses now.
    mutating func noteMedia(from source: TransportAddress) {
        lastMedia = now
        guard source != selectedAddress || now >= nextSignOfLife else { return }
        ice.touch(source, at: now)
        noteConnectivity()
        nextSignOfLife = now + Self.signOfLifeInterval
    }
}
