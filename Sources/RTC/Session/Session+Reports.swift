// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Session {
    /// The time between two receiver reports.
    static var receiverReportInterval: Duration { .seconds(1) }

    /// The most report blocks of one receiver report (RFC 3550 §6.4).
    private static var maximumBlocks: Int { 31 }

    /// Writes the RTCP that is due next into an empty buffer; `false` when there is none.
    ///
    /// Each kind leaves in a datagram of its own: there are publishers that read only the first packet of a compound.
    mutating func pollRTCP(into datagram: inout OutputRawSpan) -> Bool {
        guard srtp != nil else { return false }
        guard
            writeSenderReport(into: &datagram) || writeKeyFrameRequest(into: &datagram)
                || writeReceiverReport(into: &datagram)
        else { return false }
        do {
            try srtp?.protectRTCP(&datagram)
            return true
        } catch {
            datagram.removeAll()
            return false
        }
    }

    private mutating func writeSenderReport(into datagram: inout OutputRawSpan) -> Bool {
        for index in outgoing.streams.indices {
            guard let due = outgoing.streams[index]?.reportDue, due <= now else { continue }
            return outgoing.streams[index]?.writeReport(at: now, wallClock: wallClock, into: &datagram) ?? false
        }
        return false
    }

    private mutating func writeKeyFrameRequest(into datagram: inout OutputRawSpan) -> Bool {
        for slot in incoming.streams.indices {
            if incoming.streams[slot]?.keyFrames.advance(to: now) == true {
                incoming.streams[slot]?.wantsKeyFrame = true
            }
            guard let stream = incoming.streams[slot], stream.wantsKeyFrame,
                let codec = incoming.parameters(of: stream.track)?.codecs.first
            else { continue }
            let ssrc = stream.reception.ssrc
            if codec.feedback.contains(.fullIntraRequest), !codec.feedback.contains(.pictureLossIndication) {
                let entry = FullIntraRequest.Entry(ssrc: ssrc, sequenceNumber: stream.keyFrameRequests)
                FullIntraRequest.write(entry, senderSSRC: feedbackSSRC, into: &datagram)
            } else {
                PictureLossIndication(senderSSRC: feedbackSSRC, mediaSSRC: ssrc).write(into: &datagram)
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
        var blocks: [ReportBlock] = []
        for slot in incoming.streams.indices where blocks.count < Self.maximumBlocks {
            guard let block = incoming.streams[slot]?.reception.makeReportBlock(at: now) else { continue }
            blocks.append(block)
        }
        guard !blocks.isEmpty else { return false }
        ReceiverReport(ssrc: feedbackSSRC).write(blocks: blocks.span, into: &datagram)
        return true
    }
}
