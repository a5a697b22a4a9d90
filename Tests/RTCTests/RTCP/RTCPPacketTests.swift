// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("RTCP packets are read as they were written")
struct RTCPPacketTests {
    private let bytes = compoundOfEachKind

    /// The packet at a place of the compound of each kind.
    private func packet(_ index: Int) throws -> RTCPPacket {
        let packets = try rtcpPackets(bytes)
        try #require(packets.count == 10)
        return packets[index]
    }

    @Test("sender and receiver report")
    func reports() throws {
        guard case .senderReport(let sender, let senderBlocks) = try packet(0),
            case .receiverReport(let receiver, let receiverBlocks) = try packet(2)
        else {
            Issue.record("no reports")
            return
        }
        #expect(sender.ssrc == 1 && sender.packetCount == 100 && sender.octetCount == 20_000)
        #expect(sender.ntp.rawValue == 0x0102_0304_0506_0708)
        #expect(sender.rtpTimestamp == 0xA0B0_C0D0)
        #expect(receiver.ssrc == 2)
        #expect(senderBlocks.count == 2 && receiverBlocks.count == 2)
        let block = senderBlocks[1, in: bytes.span.bytes]
        #expect(block == receiverBlocks[0, in: bytes.span.bytes])
        #expect(block.ssrc == 7 && block.fractionLost == 12 && block.cumulativeLost == -3)
        #expect(block.highestSequenceNumber == 0x0001_0203 && block.jitter == 44)
        #expect(block.lastSenderReport == 0x1122_3344 && block.delaySinceLastSenderReport == 0x5566_7788)
    }

    @Test("the count of lost packets stays within 24 bits", arguments: [Int32.min, -1, 0, .max])
    func cumulativeLost(count: Int32) throws {
        let block = ReportBlock(ssrc: 1, cumulativeLost: count)
        let bytes = bytesWritten { ReceiverReport(ssrc: 1).write(blocks: [block].span, into: &$0) }
        guard case .receiverReport(_, let blocks)? = try rtcpPackets(bytes).first else {
            Issue.record("no report")
            return
        }
        #expect(blocks[0, in: bytes.span.bytes].cumulativeLost == max(-0x80_0000, min(count, 0x7F_FFFF)))
    }

    @Test("canonical names of every length", arguments: [0, 1, 2, 3, 4, 5, 254, 255])
    func names(length: Int) throws {
        let name = [UInt8](repeating: 0x61, count: length)
        let bytes = bytesWritten { SourceDescription.write(ssrc: 5, canonicalName: name.span, into: &$0) }
        #expect(bytes.count == SourceDescription.length(canonicalName: name.span))
        guard case .sourceDescription(let description)? = try rtcpPackets(bytes).first else {
            Issue.record("no description")
            return
        }
        var found: [[UInt8]] = []
        description.forEachCanonicalName(in: bytes.span.bytes) { ssrc, range in
            #expect(ssrc == 5)
            found.append(Array(bytes[range]))
        }
        #expect(found == [name])
    }

    @Test("names are found among other items and chunks")
    func manyNames() throws {
        let bytes: [UInt8] =
            [0x82, 202, 0, 6]
            + [0, 0, 0, 1, 2, 1, 0x7A, 1, 2, 0x61, 0x62, 0]  // NAME "z", CNAME "ab"
            + [0, 0, 0, 2, 1, 1, 0x63, 0] + [0, 0, 0, 0]
        guard case .sourceDescription(let description)? = try rtcpPackets(bytes).first else {
            Issue.record("no description")
            return
        }
        var found: [UInt32: String] = [:]
        description.forEachCanonicalName(in: bytes.span.bytes) { ssrc, range in
            found[ssrc] = String(decoding: bytes[range], as: UTF8.self)
        }
        #expect(found == [1: "ab", 2: "c"])
    }

    @Test("requests for key frames")
    func keyFrames() throws {
        guard case .pictureLossIndication(let indication) = try packet(3),
            case .fullIntraRequest(let request) = try packet(4)
        else {
            Issue.record("no requests")
            return
        }
        #expect(indication == PictureLossIndication(senderSSRC: 3, mediaSSRC: 4))
        #expect(request.senderSSRC == 3 && request.count == 1)
        #expect(request[0, in: bytes.span.bytes] == FullIntraRequest.Entry(ssrc: 5, sequenceNumber: 200))
    }

    @Test("missing packets, also over the wrap")
    func nack() throws {
        guard case .nack(let nack) = try packet(5) else {
            Issue.record("no NACK")
            return
        }
        #expect(nack.senderSSRC == 3 && nack.mediaSSRC == 4 && nack.count == 2)
        #expect(Array(nack[0, in: bytes.span.bytes]) == [65_535, 0, 15])
        #expect(Array(nack[1, in: bytes.span.bytes]) == [40])
        #expect(Array(GenericNACK.Entry(packetID: 1, following: .max)) == Array(1...17))
    }

    @Test("the estimate of the bit rate", arguments: [0, 1, 262_143, 262_144, 2_500_000, 1 << 40, .max] as [UInt64])
    func maximumBitrate(rate: UInt64) throws {
        let bytes = bytesWritten {
            MaximumBitrate.write(rate, streams: ([8, 9] as [UInt32]).span, senderSSRC: 3, into: &$0)
        }
        guard case .maximumBitrate(let estimate)? = try rtcpPackets(bytes).first else {
            Issue.record("no estimate")
            return
        }
        #expect(estimate.senderSSRC == 3 && estimate.count == 2)
        #expect(estimate[1, in: bytes.span.bytes] == 9)
        #expect(estimate.bitrate <= rate)
        #expect(rate - estimate.bitrate <= rate >> 17)
    }

    @Test("reference times and delays")
    func extendedReport() throws {
        guard case .extendedReport(let reference) = try packet(7), case .extendedReport(let delays) = try packet(8)
        else {
            Issue.record("no reports")
            return
        }
        #expect(reference.senderSSRC == 3 && delays.senderSSRC == 3)
        var times: [NTPTime] = []
        reference.forEachBlock(in: bytes.span.bytes) { block in
            if case .receiverReferenceTime(let time) = block { times.append(time) }
        }
        #expect(times == [NTPTime(rawValue: 0x1234)])
        var found: [ExtendedReport.Delay] = []
        delays.forEachBlock(in: bytes.span.bytes) { block in
            guard case .delays(let list) = block else { return }
            for index in 0..<list.count { found.append(list[index, in: bytes.span.bytes]) }
        }
        let delay = ExtendedReport.Delay(ssrc: 6, lastReceiverReport: 0x77, delaySinceLastReceiverReport: 0x88)
        #expect(found == [delay, delay])
    }

    @Test("sources that leave")
    func goodbye() throws {
        guard case .goodbye(let goodbye) = try packet(9) else {
            Issue.record("no goodbye")
            return
        }
        #expect(goodbye.count == 2)
        #expect(goodbye[0, in: bytes.span.bytes] == 1 && goodbye[1, in: bytes.span.bytes] == 2)
    }

    @Test("transport-wide feedback is recognised, its details stay in place")
    func transportFeedback() throws {
        let bytes: [UInt8] = [
            0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0x12, 0x34, 0, 1, 0xFF, 0xFF, 0xFE, 9, 0x20, 1, 0x10, 0,
        ]
        guard case .transportFeedback(let feedback)? = try rtcpPackets(bytes).first else {
            Issue.record("no feedback")
            return
        }
        #expect(feedback.senderSSRC == 1 && feedback.mediaSSRC == 2)
        #expect(feedback.baseSequenceNumber == 0x1234 && feedback.packetCount == 1)
        #expect(feedback.referenceTime == -2 && feedback.feedbackCount == 9)
        #expect(feedback.details == 20..<24)
    }
}
