// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("RTCP compound")
struct RTCPReaderTests {
    private static let receiverReport: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 9]

    @Test(
        "a compound whose lengths don't add up is refused",
        arguments: [
            ([], .truncated),
            ([0x80, 201, 0], .truncated),
            ([0x80, 201, 0, 2, 0, 0, 0, 9], .wrongLength),
            (receiverReport + [0x80, 201], .wrongLength),
            ([0x40, 201, 0, 1, 0, 0, 0, 9], .wrongVersion),
            ([0x80, 96, 0, 1, 0, 0, 0, 9], .wrongType),
            ([0xA0, 201, 0, 1, 0, 0, 0, 0], .badPadding),
            ([0xA0, 201, 0, 1, 0, 0, 0, 3], .badPadding),
            ([0xA0, 201, 0, 1, 0, 0, 0, 8], .badPadding),
            ([0xA0, 201, 0, 0], .badPadding),
            ([0xA0, 201, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4] + receiverReport, .badPadding),
        ] as [([UInt8], RTCPError)]
    )
    func refusals(bytes: [UInt8], error: RTCPError) {
        #expect(throws: error) { try RTCPReader(validating: bytes.span.bytes) }
    }

    @Test("a reduced-size packet stands alone: RFC 5506")
    func reducedSize() throws {
        let bytes = bytesWritten { PictureLossIndication(senderSSRC: 1, mediaSSRC: 2).write(into: &$0) }
        #expect(bytes.count == PictureLossIndication.length)
        let packets = try rtcpPackets(bytes)
        guard case .pictureLossIndication(let indication)? = packets.first, packets.count == 1 else {
            Issue.record("read \(packets)")
            return
        }
        #expect(indication == PictureLossIndication(senderSSRC: 1, mediaSSRC: 2))
    }

    @Test("padding behind the last packet is no part of it")
    func padding() throws {
        let packets = try rtcpPackets([0xA0, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4])
        guard case .other? = packets.first else {
            Issue.record("read \(packets)")
            return
        }
        let padded: [UInt8] = [0xA1, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0, 0, 0, 0, 0, 4]
        guard case .nack(let nack)? = try rtcpPackets(padded).first else {
            Issue.record("no NACK")
            return
        }
        #expect(nack.count == 1)
    }

    @Test("a report of arrivals is padded as libwebrtc does it: by single bytes, wherever it stands", arguments: 1...3)
    func paddedReports(padding: Int) throws {
        // Three packets less the padding that makes up for those that are missing, 1 ms apart from 1.024 s on.
        let count = UInt8(6 - padding)
        var report: [UInt8] = [0xAF, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 0, count, 0, 0, 16, 7, 0x20, count]
        report += [UInt8](repeating: 4, count: Int(count))
        report += [UInt8](repeating: 0, count: padding - 1) + [UInt8(padding)]
        try #require(report.count == 28)
        for compound in [report, report + Self.receiverReport, report + report] {
            guard case .transportFeedback(let feedback)? = try rtcpPackets(compound).first else {
                Issue.record("no report")
                return
            }
            var told: [UInt16: Int64?] = [:]
            let isWhole = feedback.forEachPacket(in: compound.span.bytes) { told[$0] = $1 }
            #expect(isWhole && told.count == Int(count))
            #expect(told[0xFFFF] == 16 * 256 + 4 && told[UInt16(count) - 2] == 16 * 256 + 4 * Int64(count))
        }
        // Any other kind is padded in whole words, and stands last.
        let other = [0xA1] + report.dropFirst()
        #expect(throws: RTCPError.badPadding) { try RTCPReader(validating: other.span.bytes) }
    }

    @Test(
        "a packet too short for what it says is told as malformed, and the next one is read",
        arguments: [
            [0x80, 200, 0, 1, 0, 0, 0, 1],  // no sender information
            [0x81, 201, 0, 1, 0, 0, 0, 1],  // a block missing
            [0x80, 201, 0, 0],
            [0x82, 203, 0, 1, 0, 0, 0, 1],  // a source missing
            [0x81, 205, 0, 1, 0, 0, 0, 1],  // no media source
            [0x81, 206, 0, 0],
            [0x84, 206, 0, 1, 0, 0, 0, 1],
            [0x8F, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2],
            [0x80, 207, 0, 0],
            [0x82, 202, 0, 1, 0, 0, 0, 1],  // a chunk missing
            [0x8F, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4D, 0x42],  // no rate
        ] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) throws {
        let packets = try rtcpPackets(bytes + Self.receiverReport)
        guard packets.count == 2, case .malformed = packets[0], case .receiverReport(let report, _) = packets[1] else {
            Issue.record("read \(packets)")
            return
        }
        #expect(report.ssrc == 9)
    }

    @Test("kinds that are not spoken here are passed over", arguments: [192, 204, 209, 223] as [UInt8])
    func otherKinds(type: UInt8) throws {
        guard case .other(let header)? = try rtcpPackets([0x83, type, 0, 1, 1, 2, 3, 4]).first else {
            Issue.record("not passed over")
            return
        }
        #expect(header.type == type && header.count == 3)
    }

    @Test(
        "RTCP is told from RTP by its second byte: RFC 5761 §4",
        arguments: [
            ([0x80, 200], true), ([0x80, 192], true), ([0x80, 223], true),
            ([0x80, 96], false), ([0x80, 0xE0], false), ([0x80], false), ([], false),
        ] as [([UInt8], Bool)]
    )
    func demultiplexing(bytes: [UInt8], expected: Bool) {
        let isRTCP = RTCPHeader.isRTCP(bytes.span.bytes)
        #expect(isRTCP == expected)
    }

    @Test("no bytes make the reader trap", arguments: 0..<4 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        var read = 0
        for round in 0..<60_000 {
            let bytes =
                round % 4 == 0
                ? [0x80 | UInt8.random(in: 0...31, using: &numbers), UInt8.random(in: 200...207, using: &numbers)]
                    + [0, UInt8.random(in: 0...9, using: &numbers)] + numbers.bytes(count: 36)
                : numbers.mutated(compoundOfEachKind)
            guard var reader = try? RTCPReader(validating: bytes.span.bytes) else { continue }
            while let packet = reader.next(in: bytes.span.bytes) {
                packet.readEverything(in: bytes.span.bytes)
                read += 1
            }
        }
        #expect(read > 60_000)
    }
}
