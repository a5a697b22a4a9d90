// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What the path carries, each way.
extension Session {
    /// The bits per second that may be sent to the peer: estimated by the arrivals that it tells, else what it says
    /// itself; `nil` where nothing tells it, or congestion is watched and there is none.
    ///
    /// Mutating, so that the session is not copied for it.
    package var availableBitrate: UInt64? {
        mutating get {
            guard watchesCongestion else { return egressEstimate?.bitrate ?? estimatedMaximumBitrate }
            return hasArrivals ? egressEstimate?.limit : reportedPath?.bitrate
        }
    }

    /// When congestion last made that fall, where it is estimated here.
    package var availableBitrateFellAt: MonotonicTime? {
        mutating get { watchesCongestion && !hasArrivals ? reportedPath?.fellAt : egressEstimate?.fellAt }
    }

    /// The bits per second that arrive, as the peer last told; `nil` where it tells no arrivals.
    package var acknowledgedBitrate: UInt64? { egressEstimate?.acknowledgedBitrate }

    /// Whether the peer tells arrivals, not only has agreed to.
    private var hasArrivals: Bool {
        mutating get { (egressEstimate?.reports ?? 0) > 0 }
    }

    /// Whether a burst could show that the path carries more: its arrivals are told, and there is something to send again
    /// in a stream of retransmissions.
    package var canBurst: Bool {
        guard isConnected, let egressEstimate, egressEstimate.reports > 0, !egressEstimate.hasBurst, burst == nil else {
            return false
        }
        return burstPacket != nil
    }

    /// Sends what was sent before once more, so that for a while this many bits per second leave.
    ///
    /// - Parameters:
    ///   - bitrate: the bits per second, media included.
    ///   - duration: how long.
    ///   - moment: the present moment.
    package mutating func beginBurst(bitrate: UInt64, for duration: Duration, at moment: MonotonicTime) {
        guard canBurst else { return }
        now = max(now, moment)
        burst = OutgoingBurst(
            bitrate: bitrate,
            began: now,
            ends: now + duration,
            next: now,
            bytesBefore: statistics.bytesSent
        )
        egressEstimate?.beginBurst()
        scheduleFeedback(at: now)
    }

    /// Begins to estimate what may be sent, where the receiver of a stream tells arrivals.
    mutating func beginEgressEstimate(_ parameters: SendStreamParameters) {
        guard estimatesBandwidth || watchesCongestion, egressEstimate == nil,
            parameters.extensions[.transportSequenceNumber] != nil,
            parameters.codec.feedback.contains(.transportWide)
        else { return }
        egressEstimate = watchesCongestion ? .unlimited : SendSideEstimate()
    }

    /// Begins to estimate what the peer may send, unless it does so itself by the arrivals that it is told
    /// (protocol page §7.6).
    mutating func beginIngressEstimate(_ parameters: ReceiveTrackParameters) {
        if arrivals != nil {
            ingressEstimate = nil
        } else if estimatesBandwidth, ingressEstimate == nil, parameters.takesEstimates,
            parameters.extensions[.absSendTime] != nil
        {
            ingressEstimate = ReceiveSideEstimate()
            if nextReceiverReport != nil {
                nextEstimate = now
                scheduleFeedback(at: now)
            }
        }
    }

    /// Another path is taken: what was measured of the delays of the former one says nothing of it.
    mutating func forgetPath() {
        egressEstimate?.forgetPath(at: now)
        reportedPath?.forgetPath()
    }

    /// Takes note of the send time of a packet.
    mutating func noteSendTime(_ time: UInt32, size: Int) {
        guard ingressEstimate != nil else { return }
        let roundTrip = roundTrip.value(at: now)
        if ingressEstimate?.receive(absSendTime: time, size: size, roundTrip: roundTrip, at: now) == true {
            nextEstimate = now
            scheduleFeedback(at: now)
        }
    }

    /// Takes note of a packet that leaves; where it has a transport-wide number, the next one gets another.
    mutating func noteSent(_ number: UInt16, size: Int, on stream: Int, at moment: MonotonicTime) {
        guard outgoing.isNumbered[stream] else { return }
        egressEstimate?
            .send(transportSequenceNumber, size: size, stream: stream, sequenceNumber: number, at: moment)
        transportSequenceNumber &+= 1
    }

    /// Writes the next packet of a burst; `false` while none is due.
    mutating func writeBurst(into datagram: inout OutputRawSpan) -> Bool {
        guard let burst, burst.next <= now else { return false }
        guard now < burst.ends else {
            self.burst = nil
            egressEstimate?.endBurst(at: now)
            return false
        }
        let sent = statistics.bytesSent &- burst.bytesBefore
        guard sent < burst.bytesDue(at: now), let packet = burstPacket,
            writeRetransmission(of: packet.number, stream: packet.stream, into: &datagram)
        else {
            self.burst?.next = now + OutgoingBurst.interval
            return false
        }
        statistics.burstPacketsSent += 1
        statistics.bytesSent += UInt64(datagram.byteCount)
        return true
    }

    /// What a burst is made of: a packet that was sent before, where there is a stream of retransmissions for it.
    ///
    /// Receivers know that stream, count its packets and throw away what they have already.
    private var burstPacket: (stream: Int, number: UInt16)? {
        for index in outgoing.streams.indices where outgoing.isNumbered[index] {
            guard let retransmission = outgoing.streams[index]?.retransmission, retransmission.separate != nil,
                let number = retransmission.ring.longestRecent
            else { continue }
            return (index, number)
        }
        return nil
    }
}

/// Packets that leave for a while at a rate above the usual one.
struct OutgoingBurst: Sendable, BitwiseCopyable {
    /// The time between two looks at what is due.
    static let interval: Duration = .milliseconds(5)

    /// Bits per second.
    var bitrate: UInt64
    var began: MonotonicTime
    var ends: MonotonicTime
    /// When more of it is due.
    var next: MonotonicTime
    /// The bytes that had been sent before it.
    var bytesBefore: UInt64

    /// The bytes that are to have left at a moment.
    func bytesDue(at now: MonotonicTime) -> UInt64 {
        let elapsed = (now - began + Self.interval).inSeconds
        return UInt64(max(0, Double(bitrate) / 8 * elapsed))
    }
}
