// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Track forwarder under any interleaving")
struct TrackForwarderPropertyTests {
    /// One packet of a source in its own order.
    private struct Sent {
        var index: Int
        var isPadding: Bool
        /// When it comes in, in places of the order it was sent in.
        var arrival: Int
    }

    /// Packets of which some are lost, doubled, late or padding, in order of arrival.
    private func arrivals(count: Int, _ numbers: inout SplitMix64) -> [Sent] {
        var result: [Sent] = []
        for index in 0..<count {
            let isPadding = Int.random(in: 0..<100, using: &numbers) < 15
            let copies = [0, 1, 1, 1, 1, 1, 1, 1, 1, 2].randomElement(using: &numbers) ?? 1
            for _ in 0..<copies {
                let delay = Bool.random(using: &numbers) ? 0 : Int.random(in: 0...20, using: &numbers)
                result.append(Sent(index: index, isPadding: isPadding, arrival: index + delay))
            }
        }
        return result.enumerated()
            .sorted { ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset) }
            .map(\.element)
    }

    @Test("places are in order and one to one; only what is lost leaves a gap", arguments: 0..<200 as Range<UInt64>)
    func order(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        let start = UInt16.random(in: 65_000 ... .max, using: &numbers)
        var fixture = ForwarderFixture(firstSequenceNumber: .random(in: 64_000 ... .max, using: &numbers))
        let arrivals = arrivals(count: 700, &numbers)
        var places: [Int: Int] = [:]
        var newest = 0
        var offset: UInt32?
        for sent in arrivals {
            let payload = sent.isPadding ? ForwarderFixture.padding : ForwarderFixture.delta
            let out = try fixture.forward(
                start &+ UInt16(sent.index),
                timestamp: UInt32(sent.index * 100),
                payload: payload
            )
            guard let out else { continue }
            #expect(!sent.isPadding)
            let first = fixture.forwarder.configuration.firstSequenceNumber
            let wrapped = Int16(bitPattern: out.sequenceNumber &- first &- UInt16(truncatingIfNeeded: newest))
            let place = newest + Int(wrapped)
            newest = max(newest, place)
            #expect(places.updateValue(place, forKey: sent.index) == nil, "forwarded twice")
            let added = out.timestamp &- UInt32(sent.index * 100)
            #expect(added == offset ?? added)
            offset = added
        }
        let inOrder = places.sorted { $0.key < $1.key }
        for (earlier, later) in zip(inOrder, inOrder.dropFirst()) {
            #expect(earlier.value < later.value)
            // The gap is no wider than the packets between them that never came, or were padding.
            #expect(later.value - earlier.value <= later.key - earlier.key)
        }
        let arrived = Set(arrivals.filter { !$0.isPadding }.map(\.index))
        #expect(Set(places.keys) == arrived)
        expectNoNeedlessGaps(inOrder.map { ($0.key, $0.value) }, arrivals)
    }

    /// Checks that padding which came ahead of all others left no gap.
    private func expectNoNeedlessGaps(_ inOrder: [(key: Int, value: Int)], _ arrivals: [Sent]) {
        let begun = arrivals.drop(while: \.isPadding)
        guard let first = begun.first?.index else { return }
        var highest = first
        var closed: Set<Int> = []
        for sent in begun where sent.index > highest {
            highest = sent.index
            if sent.isPadding { closed.insert(sent.index) }
        }
        for (earlier, later) in zip(inOrder, inOrder.dropFirst()) {
            let open = ((earlier.key + 1)..<later.key).filter { !closed.contains($0) }.count
            #expect(later.value - earlier.value == open + 1)
        }
    }
}
