// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension SendStream {
    /// How packets are sent again.
    enum RetransmissionForm: Sendable, BitwiseCopyable {
        /// Not at all.
        case none
        /// As they left the first time.
        case unchanged
        /// In a stream of retransmissions (RFC 4588).
        case separate
    }

    /// What a stream sends again when its receiver asks for it.
    ///
    /// With a payload type of its own a packet travels in a stream of retransmissions (RFC 4588 §4) and is protected
    /// anew. Without one the very bytes of the first time go out again: under one SRTP index there may never be two
    /// different packets, and header extensions of the hop would make them differ.
    struct Retransmission: Sendable {
        /// The stream that packets are sent again in; `nil` where it is their own.
        private(set) var separate: Separate?
        /// The packets that were sent.
        fileprivate(set) var ring: RetransmissionRing
        /// The packets that were asked for, and how many of them are dealt with.
        private var requests: [UInt16] = []
        private var requestsDone = 0

        /// A stream of retransmissions.
        struct Separate: Sendable, BitwiseCopyable {
            let ssrc: UInt32
            let payloadType: UInt8
            let identifiers: StreamIdentifiers
            let extensions: HeaderExtensionMap
            var nextSequenceNumber: UInt16
        }

        /// The most requests that wait to be answered.
        private static let maximumRequests = 1_024
        /// The least time between two retransmissions of a packet while no round-trip time is known.
        private static let shortestPause: Duration = .milliseconds(10)
    }
}

extension SendStream.Retransmission {
    /// Makes the retransmission of a stream; `nil` where no requests were agreed on (RFC 4585 §6.2.1).
    init?(_ parameters: SendStreamParameters) {
        guard parameters.codec.feedback.contains(.nack) else { return nil }
        ring = RetransmissionRing(parameters.kind == .video ? .video : .audio)
        guard let ssrc = parameters.retransmissionSSRC, let payloadType = parameters.codec.retransmissionPayloadType
        else {
            separate = nil
            return
        }
        var generator = SplitMix64(seed: UInt64(ssrc))
        separate = Separate(
            ssrc: ssrc,
            payloadType: payloadType,
            identifiers: StreamIdentifiers(
                mid: parameters.mid.flatMap { ShortIdentifier($0) },
                repairedRTPStreamID: parameters.rid.flatMap { ShortIdentifier($0) }
            ),
            extensions: parameters.extensions,
            nextSequenceNumber: UInt16.random(in: 4096..<32768, using: &generator)
        )
    }

    /// Whether something that was asked for waits to be sent.
    ///
    /// Mutating, so that the stream is not copied for it.
    var hasRequests: Bool {
        mutating get { requestsDone < requests.count }
    }

    /// Takes a request for packets; those that are not kept any more, or were sent again within a round trip, are passed
    /// over.
    ///
    /// - Returns: how many will be sent again.
    mutating func request(_ entry: GenericNACK.Entry, roundTrip: Duration?, at now: MonotonicTime) -> Int {
        let pause = max(Self.shortestPause, (roundTrip ?? .zero) * 3 / 4)
        var count = 0
        for number in entry where requests.count < Self.maximumRequests {
            guard ring.takeResend(of: number, pause: pause, at: now) else { continue }
            requests.append(number)
            count += 1
        }
        return count
    }

    /// Takes word that a copy of a packet is lost, the first one or a later one: the packet is sent again, unless another
    /// copy has left since.
    ///
    /// - Parameters:
    ///   - number: the packet's number.
    ///   - sent: when that copy left.
    ///   - now: the present moment.
    /// - Returns: whether it will be sent again.
    mutating func replace(_ number: UInt16, sent: MonotonicTime, at now: MonotonicTime) -> Bool {
        guard requests.count < Self.maximumRequests, ring.takeResend(of: number, insteadOf: sent, at: now) else {
            return false
        }
        requests.append(number)
        return true
    }

    /// Takes out the next packet to be sent again.
    mutating func nextRequest() -> UInt16? {
        guard hasRequests else {
            requests.removeAll(keepingCapacity: true)
            requestsDone = 0
            return nil
        }
        defer { requestsDone += 1 }
        return requests[requestsDone]
    }

    /// The number of the next packet in the stream of retransmissions, which moves on.
    mutating func nextSequenceNumber() -> UInt16 {
        defer { separate?.nextSequenceNumber &+= 1 }
        return separate?.nextSequenceNumber ?? 0
    }
}

extension SendStream {
    /// Takes note of the packet that a key frame begins with; an earlier one may come late.
    mutating func noteKeyFrame(_ sequenceNumber: UInt16) {
        if isBeforeKeyFrame(sequenceNumber) { return }
        keyFrame = sequenceNumber
    }

    /// Whether a packet of late lies before the newest key frame: one from long ago is no measure, as numbers wrap.
    private func isBeforeKeyFrame(_ sequenceNumber: UInt16) -> Bool {
        guard let keyFrame else { return false }
        let step = Int(Int16(bitPattern: sequenceNumber &- keyFrame))
        return step < 0 && step > -SequenceWindow.size
    }

    /// Whether packets are asked for that the receiver has waited for so long that it needs a key frame.
    func isOverdue(_ entry: GenericNACK.Entry, at now: MonotonicTime) -> Bool {
        guard isVideo, let ring = retransmission?.ring else { return false }
        for number in entry {
            // The pictures since the last key frame need nothing of what went before.
            if isBeforeKeyFrame(number) { continue }
            if ring.isOverdue(number, at: now) { return true }
        }
        return false
    }

    // These change the stream in place; to ask it for its form first, as by any other reading, would copy it.

    /// Keeps a packet where it goes into a stream of retransmissions when asked for.
    mutating func keep(_ sequenceNumber: UInt16, plainHeader header: RawSpan, payload: RawSpan, at now: MonotonicTime) {
        guard retransmissionForm == .separate else { return }
        retransmission?.ring.store(sequenceNumber, header: header, payload: payload, at: now)
    }

    /// Keeps a packet where it goes out unchanged when asked for: protected, as it left.
    mutating func keep(_ sequenceNumber: UInt16, protected datagram: RawSpan, at now: MonotonicTime) {
        guard retransmissionForm == .unchanged else { return }
        retransmission?.ring.store(sequenceNumber, datagram: datagram, at: now)
    }

    /// Appends the header of a retransmission, made from the header that the packet had the first time.
    ///
    /// - Parameters:
    ///   - original: that header, in plain.
    ///   - separate: the stream it goes out in.
    ///   - sequenceNumber: its number there.
    ///   - hop: the extensions that belong to this hop.
    ///   - out: where to append.
    /// - Returns: whether the header could be read.
    func writeHeader(
        retransmitting original: RawSpan,
        in separate: Retransmission.Separate,
        sequenceNumber: UInt16,
        hop: HopExtensions,
        into out: inout OutputRawSpan
    ) -> Bool {
        guard let header = try? RTPHeader(parsing: original) else { return false }
        let extensions = PacketExtensions(reading: original, header: header, map: separate.extensions)
        let packet = OutgoingRTP(
            payloadType: separate.payloadType,
            marker: header.marker,
            sequenceNumber: sequenceNumber,
            timestamp: header.timestamp,
            extensions: extensions.forwarded
        )
        writeHeader(of: packet, packet.extensions, ssrc: separate.ssrc, separate.identifiers, hop: hop, into: &out)
        return true
    }
}
