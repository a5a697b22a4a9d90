// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import RTC
import Testing

@Suite("The traffic of the benchmarks")
struct TrafficTests {
    private func content(_ number: UInt64, _ kind: MediaKind = .video, publisher: UInt16 = 7) -> PacketContent {
        PacketContent(
            publisher: publisher,
            kind: kind,
            number: number,
            timestamp: 90_000,
            sentAt: MonotonicTime(nanoseconds: 1_000_000)
        )
    }

    private func bytes(of content: PacketContent) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: content.length) { buffer, count in
            let room = UnsafeMutableRawBufferPointer(buffer)
            var output = OutputRawSpan(buffer: room, initializedCount: 0)
            content.write(into: &output)
            count = output.finalize(for: room)
        }
    }

    private func header(_ content: PacketContent, sequenceNumber: UInt16) throws -> RTPHeader {
        var packet: [UInt8] = [0x80, content.marker ? 0xE0 : 0x60]
        packet += [UInt8(sequenceNumber >> 8), UInt8(truncatingIfNeeded: sequenceNumber)]
        packet += [0, 1, 0x5F, 0x90, 0, 0, 0, 1]
        return try RTPHeader(parsing: packet.span.bytes)
    }

    @Test("A payload has its length, names its sender and matches itself", arguments: [MediaKind.audio, .video])
    func roundTrip(kind: MediaKind) {
        for number in UInt64(0)..<700 {
            let content = content(number, kind)
            let payload = bytes(of: content)
            #expect(payload.count == content.length)
            #expect(PacketContent(stampOf: payload.span.bytes) == content)
            let isMatch = content.matches(payload.span.bytes)
            #expect(isMatch)
        }
    }

    @Test("A changed byte is seen, wherever it is", arguments: [UInt64(0), 1, 23, 24, 29])
    func damage(number: UInt64) throws {
        let log = DeliveryLog()
        let sent = bytes(of: content(number))
        for place in sent.indices {
            var payload = sent
            payload[place] ^= 0x10
            log.receive(try header(content(number), sequenceNumber: 1), payload: payload.span.bytes)
        }
        #expect(log.received == sent.count)
        #expect(log.restart().damaged == sent.count)
    }

    @Test("Each key frame begins with parameter sets, and no other packet has any")
    func keyFrames() {
        for number in UInt64(0)..<(2 * 306) {
            let payload = bytes(of: content(number))
            let startsKeyFrame = PayloadFormat.h264.content(of: payload.span.bytes).contains(.parameterSets)
            #expect(startsKeyFrame == (number % 306 == 0))
        }
    }

    @Test("A log sees packets that are misplaced, repeated or wrongly numbered, and takes gaps")
    func order() throws {
        let log = DeliveryLog()
        func receive(_ number: UInt64, sequenceNumber: UInt16) throws {
            let content = content(number)
            let payload = bytes(of: content)
            log.receive(try header(content, sequenceNumber: sequenceNumber), payload: payload.span.bytes)
        }
        try receive(10, sequenceNumber: 110)
        try receive(11, sequenceNumber: 111)
        try receive(14, sequenceNumber: 114)
        #expect(log.streams == 1)
        #expect(log.restart().isClean)
        try receive(13, sequenceNumber: 113)
        try receive(14, sequenceNumber: 114)
        #expect(log.restart().misplaced == 2)
        try receive(15, sequenceNumber: 116)
        #expect(log.restart().misnumbered == 1)
    }

    @Test(
        "Sources send as much as the plan says, however many share it",
        arguments: [(1, 20_000), (16, 20_000), (64, 40_000), (256, 20_000)]
    )
    func rate(publishers: Int, packetsPerSecond: Int) {
        let plan = TrafficPlan(publishers: publishers, packetsPerSecond: packetsPerSecond)
        let begin = MonotonicTime(nanoseconds: 5_000_000_000)
        let control = TrafficControl()
        control.play(plan, from: begin, to: begin + .seconds(20))
        for publisher in 0..<publishers {
            for kind in MediaKind.allCases {
                var source = TrafficSource(publisher: publisher, kind: kind, payloadType: 96, control: control)
                run(&source, from: begin + .milliseconds(-100), to: begin + .seconds(21))
            }
        }
        let expected = Double(20 * packetsPerSecond)
        #expect(abs(Double(control.sent) - expected) < expected * 0.06)
    }

    /// Drives a source in virtual time.
    private func run(_ source: inout TrafficSource, from start: MonotonicTime, to end: MonotonicTime) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_900, alignment: 8)
        defer { room.deallocate() }
        source.start(at: start)
        while let due = source.deadline, due < end {
            var payload = OutputRawSpan(buffer: room, initializedCount: 0)
            _ = source.poll(at: due, into: &payload)
        }
    }

    @Test("A stream goes on with its numbers in the next window, and is silent between")
    func windows() {
        let control = TrafficControl()
        let plan = TrafficPlan(publishers: 1, packetsPerSecond: 1_000)
        let begin = MonotonicTime(nanoseconds: 5_000_000_000)
        var source = TrafficSource(publisher: 0, kind: .audio, payloadType: 96, control: control)
        control.play(plan, from: begin, to: begin + .seconds(1))
        run(&source, from: begin, to: begin + .seconds(3))
        #expect(control.sent == 100)
        let second = begin + .seconds(4)
        control.play(plan, from: second, to: second + .seconds(1))
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_900, alignment: 8)
        defer { room.deallocate() }
        var first: OutgoingRTP?
        while first == nil, let due = source.deadline {
            var payload = OutputRawSpan(buffer: room, initializedCount: 0)
            first = source.poll(at: due, into: &payload)
            #expect(first == nil || due >= second)
        }
        #expect(first?.sequenceNumber == TrafficSource.firstSequenceNumber + 100)
    }
}
