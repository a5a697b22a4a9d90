// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Session {
    /// Writes a protected media packet.
    ///
    /// - Parameters:
    ///   - packet: what the forwarder or source decided.
    ///   - payload: the payload in plain, in a buffer of its own.
    ///   - stream: the stream it belongs to.
    ///   - moment: when it is sent.
    ///   - datagram: an empty buffer of at least `SendStream.maximumHeaderLength` and 16 bytes more than the payload.
    /// - Returns: where it goes; `nil` when it can't be sent, and the buffer is as it was.
    package mutating func send(
        _ packet: OutgoingRTP,
        payload: RawSpan,
        on stream: SendStreamIndex,
        at moment: MonotonicTime,
        into datagram: inout OutputRawSpan
    ) -> TransportAddress? {
        guard isConnected, let address = selectedAddress,
            outgoing.streams.indices.contains(stream.rawValue), outgoing.streams[stream.rawValue] != nil,
            payload.byteCount + SendStream.maximumHeaderLength + Self.longestTag <= datagram.freeCapacity
        else {
            statistics.packetsUnsent += 1
            return nil
        }
        let start = datagram.byteCount
        let hop = HopExtensions(
            absSendTime: HopExtensions.absSendTime(at: moment),
            transportSequenceNumber: transportSequenceNumber
        )
        let isReportDue = outgoing.streams[stream.rawValue]?.writeHeader(
            of: packet,
            payloadLength: payload.byteCount,
            hop: hop,
            at: moment,
            wallClock: wallClock,
            into: &datagram
        )
        keepPlain(packet, payload: payload, on: stream, in: datagram, start: start, at: moment)
        do {
            try srtp?.protectRTP(payload: payload, into: &datagram, start: start)
        } catch {
            datagram.removeLast(datagram.byteCount - start)
            statistics.packetsUnsent += 1
            return nil
        }
        keepProtected(packet, on: stream, in: datagram, start: start, at: moment)
        if isReportDue == true { scheduleFeedback(at: moment) }
        noteSent(packet.sequenceNumber, size: datagram.byteCount - start, on: stream.rawValue, at: moment)
        statistics.packetsSent += 1
        statistics.bytesSent += UInt64(datagram.byteCount - start)
        return address
    }

    /// The longest tag that protection appends.
    static var longestTag: Int { 16 }
}
