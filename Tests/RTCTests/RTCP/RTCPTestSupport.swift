// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// A compound with one packet of each kind that is written here.
let compoundOfEachKind: [UInt8] = bytesWritten { out in
    let block = ReportBlock(
        ssrc: 7,
        fractionLost: 12,
        cumulativeLost: -3,
        highestSequenceNumber: 0x0001_0203,
        jitter: 44,
        lastSenderReport: 0x1122_3344,
        delaySinceLastSenderReport: 0x5566_7788
    )
    let report = SenderReport(
        ssrc: 1,
        ntp: NTPTime(rawValue: 0x0102_0304_0506_0708),
        rtpTimestamp: 0xA0B0_C0D0,
        packetCount: 100,
        octetCount: 20_000
    )
    let blocks = [block, block]
    report.write(blocks: blocks.span, into: &out)
    SourceDescription.write(ssrc: 1, canonicalName: Array("whip-1".utf8).span, into: &out)
    ReceiverReport(ssrc: 2).write(blocks: blocks.span, into: &out)
    PictureLossIndication(senderSSRC: 3, mediaSSRC: 4).write(into: &out)
    FullIntraRequest.write(.init(ssrc: 5, sequenceNumber: 200), senderSSRC: 3, into: &out)
    let missing: [GenericNACK.Entry] = [.init(packetID: 65_535, following: 0x8001), .init(packetID: 40)]
    GenericNACK.write(missing.span, senderSSRC: 3, mediaSSRC: 4, into: &out)
    MaximumBitrate.write(2_500_000, streams: ([8, 9] as [UInt32]).span, senderSSRC: 3, into: &out)
    ExtendedReport.write(receiverReferenceTime: NTPTime(rawValue: 0x1234), senderSSRC: 3, into: &out)
    let delay = ExtendedReport.Delay(ssrc: 6, lastReceiverReport: 0x77, delaySinceLastReceiverReport: 0x88)
    ExtendedReport.write(delays: [delay, delay].span, senderSSRC: 3, into: &out)
    Goodbye.write(([1, 2] as [UInt32]).span, into: &out)
}

/// The packets of a compound.
func rtcpPackets(_ bytes: [UInt8]) throws -> [RTCPPacket] {
    var reader = try RTCPReader(validating: bytes.span.bytes)
    var packets: [RTCPPacket] = []
    while let packet = reader.next(in: bytes.span.bytes) { packets.append(packet) }
    return packets
}

extension RTCPPacket {
    /// Reads everything that the packet refers to, so that a wrong bound would trap.
    func readEverything(in compound: RawSpan) {
        switch self {
        case .senderReport(_, let blocks), .receiverReport(_, let blocks):
            for index in 0..<blocks.count { _ = blocks[index, in: compound] }
        case .sourceDescription(let description):
            description.forEachCanonicalName(in: compound) { _, range in _ = compound.extracting(range) }
        case .goodbye(let goodbye):
            for index in 0..<goodbye.count { _ = goodbye[index, in: compound] }
        case .fullIntraRequest(let request):
            for index in 0..<request.count { _ = request[index, in: compound] }
        case .nack(let nack):
            for index in 0..<nack.count { for _ in nack[index, in: compound] {} }
        case .maximumBitrate(let estimate):
            for index in 0..<estimate.count { _ = estimate[index, in: compound] }
        case .transportFeedback(let feedback):
            _ = compound.extracting(feedback.details)
        case .extendedReport(let report):
            report.forEachBlock(in: compound) { block in
                guard case .delays(let delays) = block else { return }
                for index in 0..<delays.count { _ = delays[index, in: compound] }
            }
        case .pictureLossIndication, .other, .malformed: break
        }
    }
}
