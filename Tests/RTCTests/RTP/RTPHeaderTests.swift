// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("RTP header")
struct RTPHeaderTests {
    @Test("each field is read from its place")
    func fields() throws {
        let packet: [UInt8] = [
            0x90, 0xE0, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xA1, 0xA2, 0xA3, 0xA4,
            0xBE, 0xDE, 0x00, 0x01, 0x10, 0xFF, 0x00, 0x00, 0x55,
        ]
        let header = try RTPHeader(parsing: packet.span.bytes)
        #expect(header.payloadType == 96)
        #expect(header.marker)
        #expect(!header.hasPadding)
        #expect(header.sequenceNumber == 0x1234)
        #expect(header.timestamp == 0x0102_0304)
        #expect(header.ssrc == 0xA1A2_A3A4)
        #expect(header.csrcCount == 0)
        #expect(header.hasExtension)
        #expect(header.extensionProfile == 0xBEDE)
        #expect(header.extensionRange == 16..<20)
        #expect(header.headerLength == 20)
        #expect(try header.payloadRange(of: packet.span.bytes) == 20..<21)
    }

    @Test(
        "the header ends where its parts say",
        arguments: [
            // first byte, bytes behind the fixed header, length of the header
            (0x80, [], 12),
            (0x82, [UInt8](repeating: 1, count: 8), 20),
            (0x90, [0, 0, 0, 0], 16),
            (0x91, [1, 1, 1, 1, 0xBE, 0xDE, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0], 28),
            (0x8F, [UInt8](repeating: 1, count: 60), 72),
        ] as [(UInt8, [UInt8], Int)]
    )
    func length(first: UInt8, rest: [UInt8], expected: Int) throws {
        let packet = [first] + [UInt8](repeating: 0, count: 11) + rest
        #expect(try RTPHeader(parsing: packet.span.bytes).headerLength == expected)
        for cut in 1...packet.count {
            let short = Array(packet.dropLast(cut))
            #expect(throws: RTPError.truncated) { try RTPHeader(parsing: short.span.bytes) }
        }
    }

    @Test("any version but 2 is refused", arguments: [0x00, 0x40, 0xC0] as [UInt8])
    func version(first: UInt8) {
        let packet = [first] + [UInt8](repeating: 0, count: 20)
        #expect(throws: RTPError.wrongVersion) { try RTPHeader(parsing: packet.span.bytes) }
    }

    @Test(
        "padding is taken off the payload, or found wrong",
        arguments: [
            ([1, 2, 3, 1], 12..<15),
            ([1, 2, 3, 4], 12..<12),
            ([1], 12..<12),
            ([1, 2, 3, 0], nil),
            ([1, 2, 3, 5], nil),
            ([255], nil),
            ([], nil),
        ] as [([UInt8], Range<Int>?)]
    )
    func padding(rest: [UInt8], expected: Range<Int>?) throws {
        let packet = [0xA0] + [UInt8](repeating: 0, count: 11) + rest
        let header = try RTPHeader(parsing: packet.span.bytes)
        guard let expected else {
            #expect(throws: RTPError.badPadding) { try header.payloadRange(of: packet.span.bytes) }
            return
        }
        #expect(try header.payloadRange(of: packet.span.bytes) == expected)
    }

    @Test("no bytes make the parser trap")
    func randomBytes() {
        var numbers = SplitMix64(seed: 1)
        let map = HeaderExtensionMap([.mid: 1, .rtpStreamID: 2, .absCaptureTime: 3, .playoutDelay: 4, .audioLevel: 40])
        for _ in 0..<50_000 {
            var packet = numbers.bytes(count: Int.random(in: 0...80, using: &numbers))
            if packet.count > 13 {
                packet[0] = 0x90 | packet[0] & 0x2F
                if packet[0] & 0x0F == 0 { packet[12...13] = packet[13] & 1 == 0 ? [0xBE, 0xDE] : [0x10, 0x00] }
            }
            guard let header = try? RTPHeader(parsing: packet.span.bytes) else { continue }
            #expect(header.headerLength <= packet.count)
            _ = PacketExtensions(reading: packet.span.bytes, header: header, map: map)
            if let range = try? header.payloadRange(of: packet.span.bytes) {
                #expect(range.lowerBound == header.headerLength && range.upperBound <= packet.count)
            }
        }
    }
}
