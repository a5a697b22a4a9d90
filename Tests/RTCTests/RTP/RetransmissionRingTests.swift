// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Packets kept for retransmission")
struct RetransmissionRingTests {
    private static let small = RetransmissionRing.Limits(
        packets: 64,
        bytes: 16_384,
        firstBytes: 4_096,
        age: .seconds(1)
    )

    /// A packet whose bytes tell its number.
    private func packet(_ number: UInt16, length: Int = 1_000) -> [UInt8] {
        let filling = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length - 2)
        return [UInt8(number >> 8), UInt8(number & 0xFF)] + filling
    }

    private func store(_ number: UInt16, in ring: inout RetransmissionRing, length: Int = 1_000, at now: MonotonicTime)
    {
        let bytes = packet(number, length: length)
        ring.store(number, datagram: bytes.span.bytes, at: now)
    }

    private func stored(_ number: UInt16, in ring: RetransmissionRing) -> [UInt8]? {
        ring.ranges(of: number).map { Array(ring.bytes[$0.rest]) }
    }

    @Test("A packet comes back as it was stored")
    func roundTrip() {
        var ring = RetransmissionRing(Self.small)
        #expect(ring.capacity == 0, "nothing is set aside before something is sent")
        store(7, in: &ring, at: .milliseconds(0))
        #expect(stored(7, in: ring) == packet(7))
        #expect(stored(8, in: ring) == nil)
        #expect(stored(7 + 64, in: ring) == nil, "another number of the same place")
    }

    @Test("A packet for a stream of retransmissions has its number between header and payload")
    func originalSequenceNumber() throws {
        var ring = RetransmissionRing(Self.small)
        let (header, payload): ([UInt8], [UInt8]) = ([1, 2, 3], [9, 8])
        ring.store(0x1234, header: header.span.bytes, payload: payload.span.bytes, at: .milliseconds(0))
        let ranges = try #require(ring.ranges(of: 0x1234))
        #expect(Array(ring.bytes[ranges.header]) == [1, 2, 3])
        #expect(Array(ring.bytes[ranges.rest]) == [0x12, 0x34, 9, 8])
    }

    @Test("Every byte comes back in its place, wherever in a cache line a packet begins and ends", arguments: 1...130)
    func alignment(before: Int) {
        var ring = RetransmissionRing(Self.small)
        let packets = [before, 1, 63, 64, 65, 191, 1_200].map { length in
            (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
        }
        for (number, bytes) in packets.enumerated() {
            ring.store(UInt16(number), datagram: bytes.span.bytes, at: .milliseconds(0))
        }
        for (number, bytes) in packets.enumerated() { #expect(stored(UInt16(number), in: ring) == bytes) }
    }

    @Test("What is written over is gone, and never handed out in parts", arguments: 0..<20)
    func overwriting(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        var ring = RetransmissionRing(Self.small)
        var lengths: [UInt16: Int] = [:]
        var number = UInt16.random(in: .min ... .max, using: &generator)
        for step in 0..<2_000 {
            number &+= UInt16.random(in: 1...3, using: &generator)
            let length = Int.random(in: 2...1_400, using: &generator)
            lengths[number] = length
            let moment = step * Int.random(in: 5...40, using: &generator)
            store(number, in: &ring, length: length, at: .milliseconds(moment))
            #expect(stored(number, in: ring) == packet(number, length: length))
            for back in 0..<UInt16(64) {
                let old = number &- back
                guard let bytes = stored(old, in: ring) else { continue }
                #expect(bytes == packet(old, length: lengths[old] ?? -1))
            }
        }
        #expect(ring.capacity <= Self.small.bytes)
    }

    @Test("It grows while packets of the last second would be lost, up to its limit, and not without need")
    func growth() {
        var slow = RetransmissionRing(Self.small)
        for number in UInt16(0)..<100 { store(number, in: &slow, at: .milliseconds(Int(number) * 500)) }
        #expect(slow.capacity == Self.small.firstBytes)
        var fast = RetransmissionRing(Self.small)
        for number in UInt16(0)..<100 { store(number, in: &fast, at: .milliseconds(Int(number) * 10)) }
        #expect(fast.capacity == Self.small.bytes)
        #expect((85..<100).allSatisfy { stored($0, in: fast) == packet($0) })
    }

    @Test("Within a pause a packet goes again once, and no more than so often in all")
    func pause() {
        var ring = RetransmissionRing(Self.small)
        store(5, in: &ring, at: .milliseconds(0))
        let pause = Duration.milliseconds(30)
        let taken = [10, 39, 40].map { ring.takeResend(of: 5, pause: pause, at: .milliseconds($0)) }
        #expect(taken == [true, false, true])
        let count = (0..<100).count { ring.takeResend(of: 5, pause: pause, at: .milliseconds(100 + 30 * $0)) }
        #expect(count == Int(RetransmissionRing.maximumResends) - 2)
        let unknown = ring.takeResend(of: 6, pause: pause, at: .milliseconds(100))
        #expect(!unknown)
    }

    @Test("Another copy takes the place of one that is lost, not of one that has been followed by another")
    func instead() {
        var ring = RetransmissionRing(Self.small)
        store(5, in: &ring, length: 100, at: .milliseconds(0))
        func replace(_ number: UInt16 = 5, sent: Int, at now: Int) -> Bool {
            ring.takeResend(of: number, insteadOf: .milliseconds(sent), at: .milliseconds(now))
        }
        let replaced = [replace(sent: 0, at: 50), replace(sent: 0, at: 60), replace(sent: 50, at: 120)]
        #expect(replaced == [true, false, true])
        _ = ring.takeResend(of: 5, pause: .milliseconds(30), at: .milliseconds(200))
        let later = [replace(sent: 120, at: 210), replace(6, sent: 500, at: 500)]
        #expect(later == [false, false], "one has followed, the other is not kept")
    }

    @Test("A packet that is too long is not kept")
    func tooLong() {
        var ring = RetransmissionRing(Self.small)
        store(1, in: &ring, length: RetransmissionRing.maximumLength + 1, at: .milliseconds(0))
        #expect(stored(1, in: ring) == nil)
    }

    @Test("A packet is overdue 800 ms after it left, or gone; one that never came is judged by the next one")
    func overdue() {
        var ring = RetransmissionRing(.video)
        for number in UInt16(0)..<100 where number != 40 {
            store(number, in: &ring, at: .milliseconds(Int(number) * 10))
        }
        let now = MonotonicTime.milliseconds(1_190)
        #expect(ring.isOverdue(39, at: now))
        #expect(!ring.isOverdue(40, at: now))
        #expect(!ring.isOverdue(99, at: now))
        #expect(!ring.isOverdue(100, at: now), "it has not been sent")
        #expect(ring.isOverdue(65_000, at: now), "it is long gone")
    }
}
