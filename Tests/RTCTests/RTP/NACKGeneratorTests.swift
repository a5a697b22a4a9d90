// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Requests for missing packets")
struct NACKGeneratorTests {
    /// What is asked for at a moment, as single numbers.
    private func requests(
        _ generator: inout NACKGenerator,
        at now: MonotonicTime,
        roundTrip: Duration = .milliseconds(100)
    ) -> [UInt16] {
        var entries: [GenericNACK.Entry] = []
        generator.takeRequests(at: now, roundTrip: roundTrip, into: &entries)
        return entries.flatMap { Array($0) }
    }

    private func generator(
        _ policy: NACKGenerator.Policy = .eager,
        received numbers: [UInt16]
    ) -> NACKGenerator {
        var generator = NACKGenerator(policy)
        for number in numbers { _ = generator.receive(number, at: .milliseconds(0)) }
        return generator
    }

    @Test("A gap is asked for 10 ms after it showed, not sooner")
    func firstRequest() {
        var generator = generator(received: [10, 13])
        #expect(generator.deadline == .milliseconds(10))
        #expect(requests(&generator, at: .milliseconds(9)) == [])
        #expect(requests(&generator, at: .milliseconds(10)) == [11, 12])
    }

    @Test("A packet that comes again before it is asked for is taken, and only once")
    func unaskedRetransmission() {
        var generator = generator(received: [10, 12])
        #expect(generator.receiveRetransmission(11, at: .milliseconds(5)) == .recovered(after: nil))
        #expect(generator.receiveRetransmission(11, at: .milliseconds(6)) == .expected)
        #expect(generator.receiveRetransmission(12, at: .milliseconds(6)) == .expected)
        #expect(requests(&generator, at: .milliseconds(20)) == [])
    }

    @Test("A packet that comes again before anything after it is taken, and what is missing before it is asked for")
    func retransmissionAhead() {
        var generator = generator(received: [10])
        #expect(generator.receiveRetransmission(12, at: .milliseconds(5)) == .recovered(after: nil))
        #expect(generator.deadline == .milliseconds(15))
        #expect(requests(&generator, at: .milliseconds(15)) == [11])
        #expect(generator.receive(13, at: .milliseconds(20)) == .expected)
        #expect(generator.receiveRetransmission(12, at: .milliseconds(25)) == .expected)
    }

    @Test("A packet that was only overtaken is not asked for")
    func reordered() {
        var generator = generator(received: [10, 12])
        #expect(generator.receive(11, at: .milliseconds(5)) == .expected)
        #expect(generator.deadline == nil)
        #expect(requests(&generator, at: .milliseconds(10)) == [])
    }

    @Test("What does not come is asked for a round trip later, then twice in each of ten, and then given up")
    func repeatedRequests() throws {
        var generator = generator(received: [10, 12])
        let intervals = try intervals(&generator, count: 19)
        #expect(intervals.first == 113)
        #expect(intervals.dropFirst().allSatisfy { (56...57).contains($0) })
        #expect(generator.missingCount == 0)
        #expect(requests(&generator, at: .milliseconds(10_000)) == [])
    }

    /// The times between the requests for packet 11, in milliseconds.
    private func intervals(_ generator: inout NACKGenerator, count: Int) throws -> [Int] {
        var moments: [Int] = []
        for moment in 0..<3_000 where requests(&generator, at: .milliseconds(moment)) == [11] { moments.append(moment) }
        try #require(moments.count == count)
        return zip(moments, moments.dropFirst()).map { $1 - $0 }
    }

    @Test("mediasoup asks once per round trip, ten times")
    func mediasoup() throws {
        var generator = generator(.mediasoup, received: [10, 12])
        #expect(try intervals(&generator, count: 10).allSatisfy { (100...115).contains($0) })
        #expect(generator.missingCount == 0)
        #expect(requests(&generator, at: .milliseconds(10_000)) == [])
    }

    @Test("On a path of no length requests stay 20 ms apart")
    func shortestInterval() {
        var generator = generator(received: [10, 12])
        let moments = (0..<500).filter { requests(&generator, at: .milliseconds($0), roundTrip: .zero) == [11] }
        for (earlier, later) in zip(moments, moments.dropFirst()) { #expect(later - earlier >= 20) }
    }

    @Test("The first request's answer tells the round trip, a later one's does not")
    func roundTripSamples() {
        var generator = generator(received: [10, 13])
        _ = requests(&generator, at: .milliseconds(10))
        #expect(generator.receiveRetransmission(11, at: .milliseconds(60)) == .recovered(after: .milliseconds(50)))
        _ = requests(&generator, at: .milliseconds(130))
        #expect(generator.receive(12, at: .milliseconds(180)) == .recovered(after: nil))
        #expect(generator.receive(12, at: .milliseconds(181)) == .expected, "it has come already")
    }

    @Test("Requests for many packets fill few entries, across the wrap of the numbers")
    func packing() {
        var generator = generator(received: [65_530, 20])
        var entries: [GenericNACK.Entry] = []
        generator.takeRequests(at: .milliseconds(10), roundTrip: .zero, into: &entries)
        #expect(entries == [.init(packetID: 65_531, following: 0xFFFF), .init(packetID: 12, following: 0x7F)])
    }

    @Test("One feedback packet asks for no more than fits, the next one for the rest")
    func fullFeedback() {
        var generator = NACKGenerator(.eager)
        for number in stride(from: UInt16(0), to: 20 * 300, by: 20) {
            _ = generator.receive(number, at: .milliseconds(0))
            for present in [18] + (2..<18) { _ = generator.receive(number + UInt16(present), at: .milliseconds(0)) }
        }
        let first = requests(&generator, at: .milliseconds(10))
        let second = requests(&generator, at: .milliseconds(10))
        #expect(first.count <= NACKGenerator.maximumEntries * 17)
        #expect(Set(first).isDisjoint(with: second))
        #expect(first.count + second.count == generator.missingCount)
    }

    @Test("More losses than can be asked for end in a request for a key frame, and nothing is kept")
    func tooMuch() {
        var generator = NACKGenerator(.eager)
        _ = generator.receive(0, at: .milliseconds(0))
        #expect(generator.receive(1_002, at: .milliseconds(0)) == .behindTooMuch)
        #expect(generator.missingCount == 0)
        #expect(generator.receive(1_004, at: .milliseconds(0)) == .behindGap)
    }

    @Test("A stream that begins anew elsewhere leaves nothing to be asked for", arguments: [20_000, 60_000])
    func restart(at number: UInt16) {
        var generator = generator(received: [10, 12])
        #expect(generator.receive(number, at: .milliseconds(1)) == .expected)
        #expect(requests(&generator, at: .milliseconds(20)) == [])
        #expect(generator.receive(number + 2, at: .milliseconds(21)) == .behindGap)
    }

    @Test("A layer without retransmissions of its own is asked once, and no more after three requests in vain")
    func tentative() {
        var generator = generator(.tentative, received: [0])
        for (index, number) in [UInt16(2), 4, 6].enumerated() {
            let began = 1_000 * index
            _ = generator.receive(number, at: .milliseconds(began))
            let asked = (began..<began + 900).filter { requests(&generator, at: .milliseconds($0)) != [] }
            #expect(asked.count == 1)
        }
        #expect(generator.hasGivenUp)
        #expect(generator.receive(9, at: .milliseconds(5_000)) == .behindGap)
        #expect((5_000..<5_900).allSatisfy { requests(&generator, at: .milliseconds($0)) == [] })
    }

    @Test("Requests of a layer that are answered go on")
    func answeredLayer() {
        var generator = generator(.tentative, received: [0])
        for (index, number) in stride(from: UInt16(2), through: 20, by: 2).enumerated() {
            let began = 1_000 * index
            _ = generator.receive(number, at: .milliseconds(began))
            #expect(requests(&generator, at: .milliseconds(began + 10)) == [number - 1])
            _ = generator.receive(number - 1, at: .milliseconds(began + 60))
        }
        #expect(!generator.hasGivenUp)
    }

    @Test("Another layer's packets in answer count as in vain")
    func foreignAnswers() {
        var generator = generator(.tentative, received: [0])
        for number in [UInt16(2), 4, 6] {
            _ = generator.receive(number, at: .milliseconds(0))
            _ = requests(&generator, at: .milliseconds(10))
            generator.receiveForeignAnswer(number - 1, at: .milliseconds(20))
        }
        #expect(generator.hasGivenUp)
    }
}
