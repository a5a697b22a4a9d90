// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Transport-wide feedback")
struct TransportArrivalsTests {
    private func report(_ arrivals: inout TransportArrivals, at now: MonotonicTime) -> [UInt8]? {
        var written = false
        let bytes = bytesWritten {
            written = arrivals.writeReport(at: now, senderSSRC: 1, mediaSSRC: 0xCAFE, into: &$0)
        }
        return written ? bytes : nil
    }

    @Test("A report tells which packets came and when, as the draft lays it out")
    func layout() throws {
        var arrivals = TransportArrivals()
        // 5 s and 0, 1, 2.25 ms; 5.1 s. Numbers 100, 101, 103 and 104 of 100...104.
        let start = UInt64(5_000_000_000)
        let packets: [(UInt16, UInt64)] = [(100, 0), (101, 1_000_000), (103, 2_250_000), (104, 100_000_000)]
        for (number, nanoseconds) in packets {
            arrivals.receive(number, at: MonotonicTime(nanoseconds: start + nanoseconds))
        }
        let bytes = try #require(report(&arrivals, at: .milliseconds(120)))
        // 5 s are 20,000 ticks of 250 µs: 78 references of 256 ticks, and 32 ticks.
        #expect(
            bytes == [
                0x8F, 205, 0x00, 0x06,  // format 15, 7 words
                0, 0, 0, 1, 0, 0, 0xCA, 0xFE,
                0, 100, 0, 5,  // base, count
                0, 0, 78, 0,  // reference, report number
                0b1101_0100, 0b0110_0000,  // two bits each: small, small, none, small, large
                32, 4, 5, 0x01, 0x87,  // 97.75 ms are 391 ticks
                0,
            ]
        )
    }

    @Test("Long runs take one chunk, mixed ones a bit each")
    func chunks() throws {
        var arrivals = TransportArrivals()
        for number in UInt16(0)..<40 { arrivals.receive(number, at: .milliseconds(Int(number))) }
        let everySecond = stride(from: UInt16(40), to: 54, by: 2)
        for number in everySecond { arrivals.receive(number, at: .milliseconds(Int(number))) }
        let bytes = try #require(report(&arrivals, at: .milliseconds(100)))
        let told = try ToldArrivals(bytes)
        #expect(told.chunks == [0x2000 | 41, 0x8000 | 0b01_0101_0101_0100])
        #expect(told.arrivals.count == 47)
    }

    @Test("A report is due 50 to 100 ms after the first packet it tells, at a multiple of 50 ms, else none")
    func timing() {
        var arrivals = TransportArrivals()
        #expect(arrivals.deadline == nil)
        arrivals.receive(1, at: .milliseconds(10))
        arrivals.receive(2, at: .milliseconds(50))
        #expect(arrivals.deadline == .milliseconds(100))
        #expect(report(&arrivals, at: .milliseconds(100)) != nil)
        #expect(arrivals.deadline == nil)
        #expect(report(&arrivals, at: .milliseconds(200)) == nil)
        arrivals.receive(3, at: .milliseconds(250))
        #expect(arrivals.deadline == .milliseconds(300))
    }

    @Test("Whatever is lost, overtaken and delayed: every packet that came is told, with its time", arguments: 0..<100)
    func everythingIsTold(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        var arrivals = TransportArrivals()
        var expected: [UInt16: UInt64] = [:]
        var told: [UInt16: UInt64] = [:]
        var numbers = (0..<4_000).map { UInt16(truncatingIfNeeded: 60_000 + $0) }
        for _ in 0..<400 {
            let place = Int.random(in: 0..<numbers.count - 20, using: &generator)
            numbers.swapAt(place, place + Int.random(in: 1..<20, using: &generator))
        }
        var now = UInt64(9_000_000_000)
        var counts: [UInt8] = []
        for number in numbers {
            now += UInt64.random(in: 0...(seed % 3 == 0 ? 40_000_000 : 900_000), using: &generator)
            if generator.next() % 1_000 == 0 { now += UInt64.random(in: 0...20_000_000_000, using: &generator) }
            let moment = MonotonicTime(nanoseconds: now)
            if generator.next() % 10 != 0 {
                arrivals.receive(number, at: moment)
                expected[number] = now / 250_000
            }
            while let due = arrivals.deadline, due <= moment, let bytes = report(&arrivals, at: moment) {
                #expect(bytes.count <= 1_200)
                let report = try ToldArrivals(bytes)
                counts.append(report.number)
                for (number, tick) in report.arrivals { told[number] = tick }
            }
        }
        while let bytes = report(&arrivals, at: MonotonicTime(nanoseconds: now)) {
            for (number, tick) in try ToldArrivals(bytes).arrivals { told[number] = tick }
        }
        #expect(told == expected)
        #expect(zip(counts, counts.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
    }
}

/// A report as its receiver reads it: written from the draft, apart from what writes it.
private struct ToldArrivals {
    let number: UInt8
    private(set) var chunks: [UInt16] = []
    /// Arrivals in units of 250 µs.
    private(set) var arrivals: [UInt16: UInt64] = [:]

    init(_ bytes: [UInt8]) throws {
        let packets = try rtcpPackets(bytes)
        guard case .transportFeedback(let feedback)? = packets.first, packets.count == 1 else { throw Unreadable() }
        number = feedback.feedbackCount
        var details = Array(bytes[feedback.details])[...]
        var symbols: [UInt16] = []
        while symbols.count < Int(feedback.packetCount) {
            let chunk = try Self.word(&details)
            chunks.append(chunk)
            switch chunk >> 14 {
            case 0, 1: symbols += [UInt16](repeating: chunk >> 13 & 3, count: Int(chunk & 0x1FFF))
            case 2: symbols += (0..<14).map { chunk >> (13 - $0) & 1 }
            default: symbols += (0..<7).map { chunk >> (12 - 2 * $0) & 3 }
            }
        }
        var tick = Int64(feedback.referenceTime) * 256
        for (index, symbol) in symbols.prefix(Int(feedback.packetCount)).enumerated() {
            switch symbol {
            case 0: continue
            case 1: tick += Int64(try Self.byte(&details))
            case 2: tick += Int64(Int16(bitPattern: try Self.word(&details)))
            default: throw Unreadable()
            }
            arrivals[feedback.baseSequenceNumber &+ UInt16(index)] = UInt64(tick)
        }
        guard details.count < 4, details.allSatisfy({ $0 == 0 }) else { throw Unreadable() }
    }

    private struct Unreadable: Error {}

    private static func byte(_ bytes: inout ArraySlice<UInt8>) throws -> UInt8 {
        guard let byte = bytes.popFirst() else { throw Unreadable() }
        return byte
    }

    private static func word(_ bytes: inout ArraySlice<UInt8>) throws -> UInt16 {
        UInt16(try byte(&bytes)) << 8 | UInt16(try byte(&bytes))
    }
}
