// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Parameter sets under any interleaving")
struct ParameterSetPropertyTests {
    /// A packet of the publisher, in the order it was sent in.
    private struct Sent {
        var number: UInt16
        var timestamp: UInt32
        var payload: [UInt8]
        var ends: Bool
        /// Whether the first slice of an IDR picture begins in it.
        var startsPicture = false
    }

    /// A packet that left, by the publisher's packet that it is or goes before.
    private struct Left {
        var place: Int
        var index: Int
        var isInserted: Bool
        var payload: [UInt8]
        var timestamp: UInt32
    }

    private static let pairs = [
        (H264Samples.baseline, H264Samples.baselinePicture), (H264Samples.main, H264Samples.mainPicture),
        (H264Samples.high, H264Samples.highPicture),
    ]

    @Test(
        "without loss every IDR picture has its own sets before it, and no number is left out",
        arguments: 0..<60 as Range<UInt64>
    )
    func inOrder(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        let sent = stream(pictures: 40, &numbers)
        let left = try forward(Array(sent.indices), sent)
        #expect(left.map(\.place) == Array(left.indices))
        #expect(left.filter { !$0.isInserted }.map(\.index) == Array(sent.indices))
        #expect(left.contains { $0.isInserted })
        expectSets(left, sent, of: Set(sent.indices))
        // What is in force is what was told last.
        var inForce = H264Samples.baseline
        for packet in left {
            for unit in H264Samples.units(packet.payload) where unit.first == 0x67 {
                if packet.isInserted { #expect(unit == inForce) }
                inForce = unit
            }
        }
    }

    @Test(
        "under loss, repetition and reordering the places stay one to one and in order",
        arguments: 0..<100 as Range<UInt64>
    )
    func impaired(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        let sent = stream(pictures: 40, &numbers)
        let arrivals = arrivals(of: sent.count, &numbers)
        let left = try forward(arrivals, sent).sorted { $0.place < $1.place }
        #expect(Set(left.map(\.place)).count == left.count, "a number went twice")
        let own = left.filter { !$0.isInserted }
        #expect(Set(own.map(\.index)) == Set(arrivals))
        #expect(own.count == Set(arrivals).count)
        for (earlier, later) in zip(own, own.dropFirst()) {
            #expect(earlier.index < later.index)
            let inserted = left.count { $0.isInserted && earlier.place < $0.place && $0.place < later.place }
            // Only what is missing leaves a gap.
            #expect(later.place - earlier.place == later.index - earlier.index + inserted)
        }
        var newest = -1
        var inTime: Set<Int> = []
        for index in arrivals {
            if index > newest { inTime.insert(index) }
            newest = max(newest, index)
        }
        expectSets(left, sent, of: inTime)
    }

    /// Checks that sets go before each IDR picture whose first slice was ahead of all others, and never into a picture.
    private func expectSets(_ left: [Left], _ sent: [Sent], of inTime: Set<Int>) {
        for (position, packet) in left.enumerated() {
            let before = left[..<position].reversed().prefix { $0.timestamp == packet.timestamp }
            if packet.isInserted {
                #expect(!before.contains { isOfIDR($0.payload) }, "sets went into a picture")
                #expect(!before.contains { $0.isInserted }, "sets went twice")
            } else if sent[packet.index].startsPicture, inTime.contains(packet.index) {
                let unit = before.flatMap { H264Samples.units($0.payload) } + H264Samples.units(packet.payload)
                #expect(unit.contains { $0.first == 0x67 }, "an IDR picture left without sets")
            }
        }
    }

    private func isOfIDR(_ payload: [UInt8]) -> Bool {
        H264Payload.content(of: payload.span.bytes).contains(.keyFrame)
    }

    private func forward(_ arrivals: [Int], _ sent: [Sent]) throws -> [Left] {
        var path = H264ForwarderFixture()
        var newest = 0
        var result: [Left] = []
        for index in arrivals {
            let packet = sent[index]
            for out in try path.send(packet.number, packet.payload, timestamp: packet.timestamp, ends: packet.ends) {
                let place = newest + Int(Int16(truncatingIfNeeded: out.number - newest))
                newest = max(newest, place)
                result.append(
                    Left(
                        place: place,
                        index: index,
                        isInserted: out.isInserted,
                        payload: out.payload,
                        timestamp: out.timestamp
                    )
                )
            }
        }
        return result
    }

    /// The order of arrival: some are lost, some come twice, some late.
    private func arrivals(of count: Int, _ numbers: inout SplitMix64) -> [Int] {
        var moments: [(index: Int, moment: Int)] = [(0, 0)]
        for index in 1..<count {
            let copies = [0, 1, 1, 1, 1, 1, 1, 1, 1, 2].randomElement(using: &numbers) ?? 1
            for _ in 0..<copies {
                let isLate = Int.random(in: 0..<4, using: &numbers) == 0
                moments.append((index, index + (isLate ? Int.random(in: 1...25, using: &numbers) : 0)))
            }
        }
        return moments.enumerated()
            .sorted { ($0.element.moment, $0.offset) < ($1.element.moment, $1.offset) }
            .map(\.element.index)
    }

    /// Pictures of an encoder that sends its sets in every possible way, or not.
    private func stream(pictures: Int, _ numbers: inout SplitMix64) -> [Sent] {
        var sent: [Sent] = []
        var number = UInt16.random(in: 60_000 ... .max, using: &numbers)
        var pair = Self.pairs[0]
        for picture in 0..<pictures {
            let isIDR = picture > 1 && Int.random(in: 0..<6, using: &numbers) == 0
            var changes = false
            if isIDR, Int.random(in: 0..<8, using: &numbers) == 0 {
                pair = Self.pairs.randomElement(using: &numbers) ?? pair
                changes = true
            }
            var payloads = isIDR ? refresh(pair, changes: changes, &numbers) : predicted(&numbers)
            // One at least comes without sets.
            if picture == 1 { payloads = [H264Samples.refresh] }
            for (index, payload) in payloads.enumerated() {
                sent.append(
                    Sent(
                        number: number,
                        timestamp: UInt32(picture) * 3000,
                        payload: payload,
                        ends: index == payloads.count - 1,
                        startsPicture: H264Payload.content(of: payload.span.bytes).contains(.refreshStart)
                    )
                )
                number &+= 1
            }
        }
        return sent
    }

    private func predicted(_ numbers: inout SplitMix64) -> [[UInt8]] {
        guard Bool.random(using: &numbers) else { return [H264Samples.predicted] }
        let middle = Int.random(in: 0...3, using: &numbers)
        return [H264Samples.fragment(H264Samples.predicted, starts: true)]
            + Array(repeating: H264Samples.fragment(H264Samples.predicted), count: middle)
            + [H264Samples.fragment(H264Samples.predicted, ends: true)]
    }

    private func refresh(_ pair: ([UInt8], [UInt8]), changes: Bool, _ numbers: inout SplitMix64) -> [[UInt8]] {
        var slices = [H264Samples.refresh]
        if Bool.random(using: &numbers) {
            let middle = Int.random(in: 0...8, using: &numbers)
            slices =
                [H264Samples.fragment(H264Samples.refresh, starts: true)]
                + Array(repeating: H264Samples.fragment(H264Samples.refresh), count: middle)
                + [H264Samples.fragment(H264Samples.refresh, ends: true)]
        }
        if Bool.random(using: &numbers) { slices.append([0x65, 0x48, 0x11]) }
        if Bool.random(using: &numbers) { slices.insert([0x06, 0x05], at: 0) }
        // A set that has changed has to be told.
        switch Int.random(in: (changes ? 2 : 0)..<5, using: &numbers) {
        case 0: return slices
        case 1: return slices.first?.first == 0x65 ? [H264Samples.aggregate(pair.1, slices[0])] + slices[1...] : slices
        case 2: return [pair.0, pair.1] + slices
        case 3: return [H264Samples.aggregate(pair.0, pair.1)] + slices
        default: return [pair.0, H264Samples.aggregate(pair.1, [0x06, 0x05])] + slices
        }
    }
}
