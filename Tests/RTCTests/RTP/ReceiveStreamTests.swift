// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Incoming stream")
struct ReceiveStreamTests {
    private func stream(_ numbers: [UInt16]) throws -> ReceiveStream {
        var stream = ReceiveStream(ssrc: 1, clockRate: 90_000)
        for number in numbers { stream.receive(try .sample(number), payloadLength: 10, at: .milliseconds(0)) }
        return stream
    }

    @Test(
        "loss and the highest number are counted over reordering and wraps",
        arguments: [
            // numbers in order of arrival, lost, extended highest
            ([0], 0, 0),
            ([0, 1, 2, 5], 2, 5),
            ([0, 2, 1, 3], 0, 3),
            ([2, 0, 1, 3], 0, 3),
            ([0, 65_535, 1], 0, 1),
            ([1, 65_535, 65_534, 2], 1, 2),
            ([65_534, 65_535, 0, 1], 0, 65_537),
            ([65_535, 1, 0, 65_534], 0, 65_537),
            ([10, 10, 11], -1, 11),
            ([10, 2000, 11], 1988, 2000),
        ] as [([UInt16], Int64, UInt32)]
    )
    func counting(numbers: [UInt16], lost: Int64, highest: UInt32) throws {
        let stream = try stream(numbers)
        #expect(stream.cumulativeLost == lost)
        #expect(stream.extendedHighestSequenceNumber == highest)
        #expect(stream.statistics.packets == UInt64(numbers.count))
        #expect(stream.statistics.octets == UInt64(numbers.count * 10))
    }

    @Test("a jump counts from its second packet on: RFC 3550 §A.1")
    func restart() throws {
        var stream = try stream([10, 11, 30_000])
        #expect(stream.extendedHighestSequenceNumber == 11)
        stream.receive(try .sample(12), payloadLength: 0, at: .milliseconds(0))
        #expect(stream.extendedHighestSequenceNumber == 12)
        for number: UInt16 in [30_001, 30_002, 30_003] {
            stream.receive(try .sample(number), payloadLength: 0, at: .milliseconds(0))
        }
        #expect(stream.extendedHighestSequenceNumber == 30_003)
        #expect(stream.cumulativeLost == 0)
    }

    @Test("the fraction speaks of the time since the last report")
    func fraction() throws {
        var stream = try stream([1, 2, 4, 5])
        #expect(stream.makeReportBlock(at: .milliseconds(0)).fractionLost == 51)
        #expect(stream.makeReportBlock(at: .milliseconds(0)).fractionLost == 0)
        for number: UInt16 in [3, 6, 7] { stream.receive(try .sample(number), payloadLength: 0, at: .milliseconds(0)) }
        let block = stream.makeReportBlock(at: .milliseconds(0))
        #expect(block.fractionLost == 0)
        #expect(block.cumulativeLost == 0)
        #expect(block.highestSequenceNumber == 7)
        #expect(block.lastSenderReport == 0 && block.delaySinceLastSenderReport == 0)
    }

    @Test("jitter follows RFC 3550 §A.8, and a jump of the timestamps leaves it alone")
    func jitter() throws {
        var stream = ReceiveStream(ssrc: 1, clockRate: 90_000)
        // 40 ms apart on the stream's clock; each second packet comes 10 ms late: |D| is 900 ticks.
        for index in 0..<400 {
            let header = try RTPHeader.sample(UInt16(index), timestamp: UInt32(index * 3600))
            stream.receive(header, payloadLength: 0, at: .milliseconds(index * 40 + index % 2 * 10))
        }
        #expect((880...900).contains(stream.jitter))
        let before = stream.jitter
        let header = try RTPHeader.sample(400, timestamp: 3_000_000_000)
        stream.receive(header, payloadLength: 0, at: .milliseconds(400 * 40))
        #expect(stream.jitter == before)
    }

    @Test("the sender's last report is told with the time since")
    func senderReport() throws {
        var stream = try stream([1])
        let report = SenderReport(
            ssrc: 1,
            ntp: NTPTime(rawValue: 0x0102_0304_0506_0708),
            rtpTimestamp: 0,
            packetCount: 0,
            octetCount: 0
        )
        stream.receive(report, at: .milliseconds(100))
        let block = stream.makeReportBlock(at: .milliseconds(1600))
        #expect(block.lastSenderReport == 0x0304_0506)
        #expect(block.delaySinceLastSenderReport == 98_304)
        #expect(stream.makeReportBlock(at: .milliseconds(Int(Int32.max))).delaySinceLastSenderReport == .max)
    }
}
