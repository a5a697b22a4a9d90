// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Session {
    /// Takes a compound of RTCP.
    mutating func receiveRTCP(
        _ datagram: inout MutableRawSpan,
        from source: TransportAddress
    ) throws(DropReason) {
        guard isConnected else { throw .noKeys }
        isQuiet = false
        let length: Int
        do throws(SRTPError) {
            length = try srtp?.unprotectRTCP(&datagram) ?? 0
        } catch {
            throw DropReason(error)
        }
        plain.receivedLength = length
        noteMedia(from: source)
        let compound = datagram.bytes.extracting(first: length)
        var reader: RTCPReader
        do { reader = try RTCPReader(validating: compound) } catch { throw .malformedRTCP }
        while let packet = reader.next(in: compound) {
            handle(packet, in: compound)
        }
    }

    private mutating func handle(_ packet: RTCPPacket, in compound: RawSpan) {
        switch packet {
        case .senderReport(let report, let blocks):
            note(report)
            note(blocks, in: compound)
        case .receiverReport(_, let blocks):
            note(blocks, in: compound)
        case .pictureLossIndication(let indication):
            noteKeyFrameRequest(for: indication.mediaSSRC, by: \.pictureLosses)
        case .fullIntraRequest(let request):
            for index in 0..<request.count {
                noteKeyFrameRequest(for: request[index, in: compound].ssrc, by: \.fullIntraRequests)
            }
        case .nack(let nack):
            note(nack, in: compound)
        case .extendedReport(let report):
            note(report, in: compound)
        case .maximumBitrate(let estimate):
            estimatedMaximumBitrate = estimate.bitrate
            reportedPath?.receive(estimate: estimate.bitrate)
            statistics.estimatesReceived += 1
        case .transportFeedback(let feedback):
            statistics.transportReportsReceived += 1
            note(feedback, in: compound)
        case .malformed:
            statistics.drops.count(.malformedRTCP)
        case .sourceDescription, .goodbye, .other:
            break
        }
    }

    private mutating func note(_ report: SenderReport) {
        guard let slot = incoming.slot(ofSSRC: report.ssrc) else { return }
        incoming.streams[slot]?.reception.receive(report, at: now)
        noteTiming(report, slot: slot)
        statistics.senderReportsReceived += 1
    }

    private mutating func note(_ blocks: ReportBlocks, in compound: RawSpan) {
        for index in 0..<blocks.count {
            let block = blocks[index, in: compound]
            guard let stream = outgoing.index(of: block.ssrc) else { continue }
            let former = outgoing.streams[stream.rawValue]?.lastReportBlock
            outgoing.streams[stream.rawValue]?.receive(block, at: now, wallClock: wallClock)
            statistics.receiverReportsReceived += 1
            if let time = outgoing.streams[stream.rawValue]?.roundTripTime { sendRoundTrip = time }
            noteReport(block, after: former, roundTrip: sendRoundTrip)
        }
    }

    private mutating func noteKeyFrameRequest(
        for ssrc: UInt32,
        by kind: WritableKeyPath<FeedbackCounters, UInt64>
    ) {
        guard let stream = outgoing.index(of: ssrc) else { return }
        statistics.keyFrameRequestsReceived += 1
        outgoing.streams[stream.rawValue]?.feedback[keyPath: kind] += 1
        enqueue(.keyFrameRequested(stream))
    }
}
