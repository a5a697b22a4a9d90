// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Getting back what was lost on the way from the peer, and telling it what arrived.
extension Session {
    /// The time between two estimates of the bit rate.
    static var estimateInterval: Duration { .seconds(1) }

    /// Takes note of the arrival of a packet of the transport.
    mutating func noteTransport(_ number: UInt16, size: Int) {
        arrivals?.receive(number, size: size, at: now)
        scheduleFeedback(at: arrivals?.deadline)
    }

    /// Looks whether a packet of a stream left a gap or filled one.
    mutating func noteArrival(_ sequenceNumber: UInt16, slot: Int) {
        guard let arrival = incoming.streams[slot]?.nack?.receive(sequenceNumber, at: now) else { return }
        guard case .recovered = arrival, let stream = incoming.streams[slot],
            incoming.sendsSeparately(stream.track)
        else { return note(arrival, slot: slot) }
        // It was overtaken: what is sent again comes in a stream of its own, so this tells nothing of a round trip.
        statistics.packetsRecovered += 1
    }

    private mutating func note(_ arrival: NACKGenerator.Arrival, slot: Int) {
        switch arrival {
        case .expected: break
        case .behindGap: scheduleFeedback(at: incoming.streams[slot]?.nack?.deadline)
        case .behindTooMuch:
            // This much mediasoup does, too.
            if !mendsEagerly { requestKeyFrame(ofSlot: slot) }
            scheduleFeedback(at: incoming.streams[slot]?.nack?.deadline)
        case .recovered(let time):
            statistics.packetsRecovered += 1
            incoming.streams[slot]?.recovered += 1
            if let time { roundTrip.sample(time) }
        }
    }

    /// Unwraps a retransmission into the packet that it carries (RFC 4588 §4).
    ///
    /// - Parameters:
    ///   - header: the header of the retransmission.
    ///   - payload: where its payload lies.
    ///   - packet: its bytes in plain.
    ///   - extensions: its header extensions.
    /// - Returns: the packet as it would have come; `nil` when nobody waits for it, or it is padding only, as senders
    ///   probe a path with.
    /// - Throws: why it can't be told which packet it is.
    mutating func unwrapRetransmission(
        _ header: RTPHeader,
        payload: Range<Int>,
        in packet: RawSpan,
        _ extensions: PacketExtensions
    ) throws(DropReason) -> (header: RTPHeader, payload: Range<Int>, slot: Int)? {
        guard payload.count >= 2 else {
            statistics.probesReceived += 1
            return nil
        }
        let number = packet.uint16(at: payload.lowerBound)
        let slot = try incoming.identifyRetransmission(header, extensions, original: number)
        guard let ssrc = incoming.streams[slot]?.reception.ssrc,
            let payloadType = incoming.originalPayloadType(of: slot, retransmission: header.payloadType)
        else { throw .unknownPayloadType }
        incoming.streams[slot]?.retransmission?.receive(header, payloadLength: payload.count, at: now)
        statistics.retransmissionsReceived += 1
        guard let arrival = incoming.streams[slot]?.nack?.receiveRetransmission(number, at: now),
            case .recovered = arrival
        else {
            // It is here already: a path is probed with old packets as well.
            statistics.probesReceived += 1
            return nil
        }
        note(arrival, slot: slot)
        scheduleFeedback(at: incoming.streams[slot]?.nack?.deadline)
        var original = header
        original.ssrc = ssrc
        original.payloadType = payloadType
        original.sequenceNumber = number
        return (original, payload.lowerBound + 2..<payload.upperBound, slot)
    }

    /// A packet came that was there before: perhaps the answer to a request for another layer (WHIP page A1).
    mutating func noteReplay(_ header: RTPHeader) {
        guard let slot = incoming.slot(ofSSRC: header.ssrc), let track = incoming.streams[slot]?.track else { return }
        for other in incoming.streams.indices where other != slot && incoming.streams[other]?.track == track {
            incoming.streams[other]?.nack?.receiveForeignAnswer(header.sequenceNumber, at: now)
            scheduleFeedback(at: incoming.streams[other]?.nack?.deadline)
        }
    }

    /// Tells the owner of packets that do not come again in time, where a key frame would help.
    mutating func tellLoss(inSlot slot: Int) {
        guard mendsEagerly, let stream = incoming.streams[slot],
            incoming.parameters(of: stream.track)?.kind == .video
        else { return }
        enqueue(.keyFrameNeeded(stream.track, stream.encoding))
    }

    /// Takes note of the packet that a key frame of an incoming stream begins with.
    package mutating func keyFrameBegan(with packet: ReceivedPacket) {
        let (slot, number) = (packet.stream.rawValue, packet.header.sequenceNumber)
        incoming.streams[slot]?.nack?.keyFrameBegan(number)
        // Who asked before it came has it; of one that comes late some may have missed the rest.
        guard let highest = incoming.streams[slot]?.reception.extendedHighestSequenceNumber,
            UInt16(truncatingIfNeeded: highest) == number
        else { return }
        incoming.streams[slot]?.keyFrames.keyFrameStarted()
    }

    /// Takes note of the packet that a key frame of an outgoing stream begins with, parameter sets before it aside.
    package mutating func keyFrameSent(_ packet: ForwardedPacket, on stream: SendStreamIndex) {
        guard stream.rawValue < outgoing.streams.count else { return }
        outgoing.streams[stream.rawValue]?.noteKeyFrame(packet.packet.sequenceNumber &- UInt16(packet.insertedCount))
    }

    /// Takes the peer's reference time, and its answers to ours.
    mutating func note(_ report: ExtendedReport, in compound: RawSpan) {
        let (moment, clock, ours) = (now, wallClock, feedbackSSRC)
        var reference: NTPTime?
        var measured: Duration?
        report.forEachBlock(in: compound) { block in
            switch block {
            case .receiverReferenceTime(let time): reference = time
            case .delays(let delays):
                for index in 0..<delays.count {
                    let delay = delays[index, in: compound]
                    guard delay.ssrc == ours, delay.lastReceiverReport != 0 else { continue }
                    let answered = delay.lastReceiverReport &+ delay.delaySinceLastReceiverReport
                    measured = clock.time(at: moment).roundTrip(answered: answered)
                }
            case .other: break
            }
        }
        if let reference {
            peerReferenceTime = PeerReferenceTime(ssrc: report.senderSSRC, time: reference.compact, arrivedAt: now)
        }
        if let measured { roundTrip.measure(measured, at: now) }
    }
}

extension IncomingTracks {
    /// Whether a sender answers reference times of ours.
    var wantsReferenceTimes: Bool { tracks.contains { $0?.parameters.sendsReceiverReferenceTimes == true } }

    /// The SSRC of any stream.
    var firstSSRC: UInt32? { streams.lazy.compactMap { $0?.reception.ssrc }.first }

    /// The SSRCs of the streams whose senders take estimates of the bit rate.
    var ssrcsTakingEstimates: [UInt32] {
        streams.compactMap { stream in
            stream.flatMap { parameters(of: $0.track)?.takesEstimates == true ? $0.reception.ssrc : nil }
        }
    }
}

extension ReceiveTrackParameters {
    /// Whether all packets of the transport are to be reported on.
    var tellsArrivals: Bool {
        extensions[.transportSequenceNumber] != nil && codecs.contains { $0.feedback.contains(.transportWide) }
    }

    /// Whether the sender takes estimates of the bit rate.
    var takesEstimates: Bool { codecs.contains { $0.feedback.contains(.receiverEstimatedMaximumBitrate) } }
}

/// A reference time of the peer (RFC 3611 §4.4) and when it came.
struct PeerReferenceTime: Sendable, BitwiseCopyable {
    /// The one who sent it.
    var ssrc: UInt32
    /// The middle 32 bits of the time.
    var time: UInt32
    /// The moment it came in.
    var arrivedAt: MonotonicTime
}
