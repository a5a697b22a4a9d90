// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Sending again what the peer lost.
extension Session {
    /// Keeps a packet that would be sent again in a stream of retransmissions; what `datagram` holds from `start` on is
    /// its header.
    mutating func keepPlain(
        _ packet: OutgoingRTP,
        payload: RawSpan,
        on stream: SendStreamIndex,
        in datagram: borrowing OutputRawSpan,
        start: Int,
        at moment: MonotonicTime
    ) {
        let header = datagram.bytes.extracting(droppingFirst: start)
        outgoing.streams[stream.rawValue]?
            .keep(packet.sequenceNumber, plainHeader: header, payload: payload, at: moment)
    }

    /// Keeps a packet that would be sent again as it left: what `datagram` holds from `start` on.
    mutating func keepProtected(
        _ packet: OutgoingRTP,
        on stream: SendStreamIndex,
        in datagram: borrowing OutputRawSpan,
        start: Int,
        at moment: MonotonicTime
    ) {
        let bytes = datagram.bytes.extracting(droppingFirst: start)
        outgoing.streams[stream.rawValue]?.keep(packet.sequenceNumber, protected: bytes, at: moment)
    }

    /// Takes the peer's request for packets of ours.
    mutating func note(_ nack: GenericNACK, in compound: RawSpan) {
        guard let index = outgoing.index(of: nack.mediaSSRC)?.rawValue else { return }
        let roundTrip = outgoing.streams[index]?.roundTripTime
        var taken = 0
        var isOverdue = false
        var asked: UInt64 = 0
        for place in 0..<nack.count {
            let entry = nack[place, in: compound]
            asked += UInt64(1 + entry.following.nonzeroBitCount)
            taken +=
                outgoing.streams[index]?.retransmission?.request(entry, roundTrip: roundTrip, at: now) ?? 0
            if mendsEagerly, !isOverdue { isOverdue = outgoing.streams[index]?.isOverdue(entry, at: now) == true }
        }
        statistics.packetsRequestedByPeer += asked
        outgoing.streams[index]?.feedback.countNACK(asking: asked)
        // Whoever asks so late has shown nothing since.
        if isOverdue { enqueue(.keyFrameRequested(SendStreamIndex(index))) }
        if taken > 0 { scheduleFeedback(at: now) }
    }

    /// Takes the peer's word of what has come and what has not.
    ///
    /// What has not is sent again, as if it had been asked for: the request may be lost as well, or what it brought, and
    /// the next one comes a round trip later.
    mutating func note(_ feedback: TransportFeedback, in compound: RawSpan) {
        let lost = egressEstimate?.receive(feedback, in: compound, roundTrip: sendRoundTrip, at: now) ?? []
        guard mendsEagerly else { return }
        for packet in lost where outgoing.streams.indices.contains(Int(packet.stream)) {
            let isTaken = outgoing.streams[Int(packet.stream)]?.retransmission?
                .replace(packet.sequenceNumber, sent: packet.sent, at: now)
            if isTaken == true { scheduleFeedback(at: now) }
        }
    }

    /// Writes the next packet that is to be sent again; `false` when there is none.
    mutating func writeRetransmission(into datagram: inout OutputRawSpan) -> Bool {
        for index in outgoing.streams.indices where outgoing.streams[index]?.retransmission?.hasRequests == true {
            while let number = outgoing.streams[index]?.retransmission?.nextRequest() {
                guard writeRetransmission(of: number, stream: index, into: &datagram) else { continue }
                statistics.retransmissionsSent += 1
                statistics.bytesSent += UInt64(datagram.byteCount)
                return true
            }
        }
        return false
    }

    mutating func writeRetransmission(
        of number: UInt16,
        stream index: Int,
        into datagram: inout OutputRawSpan
    ) -> Bool {
        let next = outgoing.streams[index]?.retransmission?.nextSequenceNumber() ?? 0
        guard let stream = outgoing.streams[index], let ring = stream.retransmission?.ring,
            let ranges = ring.ranges(of: number)
        else { return false }
        let bytes = unsafe ring.bytes.span.bytes
        let rest = bytes.extracting(ranges.rest)
        guard let separate = stream.retransmission?.separate else {
            guard rest.byteCount <= datagram.freeCapacity else { return false }
            datagram.append(contentsOf: rest)
            outgoing.streams[index]?.retransmitted.count(octets: rest.byteCount)
            return true
        }
        let hop = HopExtensions(
            absSendTime: HopExtensions.absSendTime(at: now),
            transportSequenceNumber: transportSequenceNumber
        )
        guard rest.byteCount + SendStream.maximumHeaderLength + Self.longestTag <= datagram.freeCapacity,
            stream.writeHeader(
                retransmitting: bytes.extracting(ranges.header),
                in: separate,
                sequenceNumber: next,
                hop: hop,
                into: &datagram
            )
        else { return false }
        plain.keep(datagram.bytes, rest)
        do {
            try srtp?.protectRTP(payload: rest, into: &datagram)
        } catch {
            datagram.removeAll()
            return false
        }
        outgoing.streams[index]?.retransmitted.count(octets: rest.byteCount)
        noteSent(number, size: datagram.byteCount, on: index, at: now)
        return true
    }
}
