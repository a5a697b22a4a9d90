// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Session {
    /// The time between two receiver reports.
    static var receiverReportInterval: Duration { .seconds(1) }

    /// The most report blocks of one receiver report (RFC 3550 §6.4).
    private static var maximumBlocks: Int { 31 }

    /// Begins to report on what is received, with the first packet.
    mutating func startReports() {
        guard nextReceiverReport == nil else { return }
        nextReceiverReport = now + Self.receiverReportInterval
        if estimateToTell != nil { nextEstimate = now }
        scheduleFeedback(at: estimateToTell == nil ? nextReceiverReport : now)
    }

    /// Writes what is due next of RTCP and retransmissions into an empty buffer; `false` when nothing is.
    ///
    /// Each kind of RTCP leaves in a datagram of its own: there are publishers that read only the first packet of a
    /// compound.
    mutating func pollFeedback(into datagram: inout OutputRawSpan) -> Bool {
        guard srtp != nil, let feedbackDeadline, feedbackDeadline <= now else { return false }
        if writeRetransmission(into: &datagram) || writeBurst(into: &datagram) { return true }
        guard
            writeNACK(into: &datagram) || writeSenderReport(into: &datagram) || writeKeyFrameRequest(into: &datagram)
                || writeTransportReport(into: &datagram) || writeReceiverReport(into: &datagram)
                || writeEstimate(into: &datagram)
        else {
            self.feedbackDeadline = nextFeedback()
            return false
        }
        plain.keep(datagram.bytes)
        do {
            try srtp?.protectRTCP(&datagram)
            return true
        } catch {
            datagram.removeAll()
            return false
        }
    }

    /// When something of RTCP becomes due by itself.
    ///
    /// Mutating, so that the session is not copied for it.
    private mutating func nextFeedback() -> MonotonicTime? {
        var earliest = nextReceiverReport
        func consider(_ moment: MonotonicTime?) {
            guard let moment else { return }
            earliest = earliest.map { min($0, moment) } ?? moment
        }
        consider(nextEstimate)
        consider(burst?.next)
        consider(arrivals?.deadline)
        for index in outgoing.streams.indices { consider(outgoing.streams[index]?.nextReport) }
        for index in incoming.streams.indices { consider(incoming.streams[index]?.nextRequest) }
        return earliest
    }

    private mutating func writeSenderReport(into datagram: inout OutputRawSpan) -> Bool {
        for index in outgoing.streams.indices {
            guard let due = outgoing.streams[index]?.nextReport, due <= now else { continue }
            guard
                outgoing.streams[index]?.writeReport(at: now, wallClock: wallClock, into: &datagram) == true,
                let ssrc = outgoing.streams[index]?.ssrc
            else { return false }
            writeDelay(ssrc: ssrc, into: &datagram)
            return true
        }
        return false
    }

    /// Answers the peer's last reference time, so that it knows the round-trip time (RFC 3611 §4.5).
    private func writeDelay(ssrc: UInt32, into datagram: inout OutputRawSpan) {
        guard let reference = peerReferenceTime else { return }
        let delay = ExtendedReport.Delay(
            ssrc: reference.ssrc,
            lastReceiverReport: reference.time,
            delaySinceLastReceiverReport: NTPTime.compact(now - reference.arrivedAt)
        )
        let delays: InlineArray<1, ExtendedReport.Delay> = [delay]
        ExtendedReport.write(delays: delays.span, senderSSRC: ssrc, into: &datagram)
    }

    private mutating func writeKeyFrameRequest(into datagram: inout OutputRawSpan) -> Bool {
        for slot in incoming.streams.indices {
            if incoming.streams[slot]?.keyFrames.advance(to: now) == true {
                incoming.streams[slot]?.wantsKeyFrame = true
            }
            guard incoming.streams[slot]?.isKeyFrameDue == true, let stream = incoming.streams[slot],
                let codec = incoming.parameters(of: stream.track)?.codecs.first
            else { continue }
            let ssrc = stream.reception.ssrc
            if codec.feedback.contains(.fullIntraRequest), !codec.feedback.contains(.pictureLossIndication) {
                let entry = FullIntraRequest.Entry(ssrc: ssrc, sequenceNumber: stream.keyFrameRequests)
                FullIntraRequest.write(entry, senderSSRC: feedbackSSRC, into: &datagram)
                incoming.streams[slot]?.feedback.fullIntraRequests += 1
            } else {
                PictureLossIndication(senderSSRC: feedbackSSRC, mediaSSRC: ssrc).write(into: &datagram)
                incoming.streams[slot]?.feedback.pictureLosses += 1
            }
            incoming.streams[slot]?.wantsKeyFrame = false
            incoming.streams[slot]?.keyFrameRequests &+= 1
            statistics.keyFrameRequestsSent += 1
            return true
        }
        return false
    }

    private mutating func writeReceiverReport(into datagram: inout OutputRawSpan) -> Bool {
        guard let due = nextReceiverReport, due <= now else { return false }
        nextReceiverReport = now + Self.receiverReportInterval
        reviewTiming()
        reportBlocks.removeAll(keepingCapacity: true)
        for slot in incoming.streams.indices {
            if let block = incoming.streams[slot]?.reception.makeReportBlock(at: now) { reportBlocks.append(block) }
            if let block = incoming.streams[slot]?.retransmission?.makeReportBlock(at: now) {
                reportBlocks.append(block)
            }
        }
        guard !reportBlocks.isEmpty else { return false }
        if reportBlocks.count > Self.maximumBlocks { reportBlocks.removeLast(reportBlocks.count - Self.maximumBlocks) }
        ReceiverReport(ssrc: feedbackSSRC).write(blocks: reportBlocks.span, into: &datagram)
        if incoming.wantsReferenceTimes {
            ExtendedReport.write(
                receiverReferenceTime: wallClock.time(at: now),
                senderSSRC: feedbackSSRC,
                into: &datagram
            )
        }
        return true
    }

    private mutating func writeNACK(into datagram: inout OutputRawSpan) -> Bool {
        for slot in incoming.streams.indices {
            guard let due = incoming.streams[slot]?.nextNACK, due <= now,
                let ssrc = incoming.streams[slot]?.reception.ssrc
            else { continue }
            let roundTrip = roundTrip.value(at: now) ?? RoundTripEstimate.unknown
            incoming.streams[slot]?.nack?.takeRequests(at: now, roundTrip: roundTrip, into: &nackEntries)
            if incoming.streams[slot]?.nack?.takeKeyFrameWish() == true { tellLoss(inSlot: slot) }
            guard !nackEntries.isEmpty else { continue }
            let asked = nackEntries.reduce(0) { $0 + UInt64(1 + $1.following.nonzeroBitCount) }
            statistics.packetsRequested += asked
            incoming.streams[slot]?.feedback.countNACK(asking: asked)
            GenericNACK.write(nackEntries.span, senderSSRC: feedbackSSRC, mediaSSRC: ssrc, into: &datagram)
            return true
        }
        return false
    }

    private mutating func writeTransportReport(into datagram: inout OutputRawSpan) -> Bool {
        guard let due = arrivals?.deadline, due <= now else { return false }
        let written = arrivals?.writeReport(
            at: now,
            senderSSRC: feedbackSSRC,
            mediaSSRC: incoming.firstSSRC ?? 0,
            into: &datagram
        )
        guard written == true else { return false }
        statistics.transportReportsSent += 1
        return true
    }

    /// Tells the publisher how much it may send, where it takes that and there is a limit.
    private mutating func writeEstimate(into datagram: inout OutputRawSpan) -> Bool {
        guard let due = nextEstimate, due <= now else { return false }
        guard let bitrate = estimateToTell else {
            nextEstimate = nil
            return false
        }
        nextEstimate = now + Self.estimateInterval
        liftsToTell = max(0, liftsToTell - 1)
        let ssrcs = incoming.ssrcsTakingEstimates
        guard !ssrcs.isEmpty else { return false }
        ingressEstimate?.told(bitrate)
        statistics.estimatesSent += 1
        MaximumBitrate.write(bitrate, streams: ssrcs.span, senderSSRC: feedbackSSRC, into: &datagram)
        return true
    }
}
