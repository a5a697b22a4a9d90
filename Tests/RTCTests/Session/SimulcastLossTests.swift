// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

/// Layers without a payload type for retransmissions, as OBS sends them.
@Suite("Lost packets of simulcast layers")
struct SimulcastLossTests {
    /// Sends packets of both layers, of which some of the low one are lost.
    private func send(_ numbers: Range<Int>, through pair: PublishingPair, losing isLost: (Int) -> Bool) throws {
        let low = try #require(pair.lowStream)
        for number in numbers {
            pair.send(number, on: pair.stream)
            if isLost(number) { pair.network.forward.conditions.loss = 1 }
            pair.send(number, on: low)
            pair.network.forward.conditions.loss = 0
        }
        pair.network.run(for: .milliseconds(100))
    }

    private func connectedPair() throws -> PublishingPair {
        let pair = try PublishingPair(seed: 7, conditions: .perfect, recovery: .layers)
        try #require(pair.network.run(for: .seconds(20)) { pair.isConnected })
        return pair
    }

    private func count(of encoding: UInt8, _ pair: PublishingPair) -> Int {
        pair.network.right.media.count { $0.packet.encoding == EncodingIndex(encoding) }
    }

    @Test("A packet is asked for once, and comes again in its own stream")
    func once() throws {
        let pair = try connectedPair()
        try send(0..<50, through: pair) { $0 == 20 }
        #expect(count(of: 1, pair) == 50)
        #expect(pair.network.right.session.statistics.packetsRequested == 1)
    }

    @Test("A layer whose requests bring the other layer's packets is asked no more after three")
    func foreignAnswers() throws {
        let pair = try connectedPair()
        let answers = Answers(withOtherLayer: true)
        pair.network.forward.rewrite = answers.rewrite
        try send(0..<200, through: pair) { $0 >= 20 && $0 % 10 == 0 }
        #expect(pair.network.right.session.statistics.packetsRequested == 3)
        #expect(pair.network.right.session.statistics.drops[.replayed] == 3)
        #expect(count(of: 0, pair) == 200)
        #expect(count(of: 1, pair) == 182)
    }

    @Test("A layer whose requests bring nothing is asked no more after three")
    func noAnswers() throws {
        let pair = try connectedPair()
        let answers = Answers(withOtherLayer: false)
        pair.network.forward.rewrite = answers.rewrite
        try send(0..<400, through: pair) { $0 >= 20 && $0 % 40 == 0 }
        #expect(pair.network.right.session.statistics.packetsRequested == 3)
    }
}

/// Answers requests for the low layer wrongly: with the high layer's packet of the same number, or not at all.
private final class Answers {
    private let withOtherLayer: Bool
    private var high: [UInt16: [UInt8]] = [:]
    private var sentOnLow: Set<UInt16> = []

    init(withOtherLayer: Bool) {
        self.withOtherLayer = withOtherLayer
    }

    func rewrite(_ datagram: [UInt8]) -> [UInt8]? {
        guard datagram.count > 12, datagram[0] >> 6 == 2, !(192...223).contains(datagram[1]) else { return datagram }
        let number = datagram.span.bytes.uint16(at: 2)
        switch datagram.span.bytes.uint32(at: 8) {
        case PublishingPair.ssrc:
            high[number] = datagram
            return datagram
        default:
            if sentOnLow.insert(number).inserted { return datagram }
            return withOtherLayer ? high[number] : nil
        }
    }
}
