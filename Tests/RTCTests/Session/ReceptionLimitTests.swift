// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@Suite("Telling a publisher what can be handed on")
struct ReceptionLimitTests {
    private func pair(_ recovery: PublishingPair.Recovery, maximumBitrate: UInt64? = nil) throws -> PublishingPair {
        let pair = try PublishingPair(
            seed: 5,
            conditions: .perfect,
            recovery: recovery,
            maximumBitrate: maximumBitrate
        )
        pair.network.run(for: .seconds(5)) { pair.isConnected }
        return pair
    }

    // A session can't be copied, so it is asked outside of what is expected of it.

    private func told(_ pair: PublishingPair) -> UInt64? { pair.network.left.session.estimatedMaximumBitrate }
    private func count(_ pair: PublishingPair) -> UInt64 { pair.network.left.session.statistics.estimatesReceived }
    private func tellsLimits(_ pair: PublishingPair) -> Bool { pair.network.right.session.tellsLimits }
    private func limit(_ pair: PublishingPair, to bitrate: UInt64?) {
        pair.network.right.session.limitReception(to: bitrate, at: pair.network.now)
    }

    @Test("a limit is told at once, each second again, and at once when it falls; when it is gone, that is told")
    func told() throws {
        let pair = try pair(.announced)
        pair.send(0..<20)
        #expect(told(pair) == nil)
        #expect(tellsLimits(pair))
        limit(pair, to: 500_000)
        pair.send(20..<25)
        #expect(told(pair).map { $0 > 490_000 && $0 <= 500_000 } == true)
        pair.send(25..<330)
        #expect((3...5).contains(count(pair)))
        limit(pair, to: 300_000)
        pair.send(330..<335)
        #expect(told(pair).map { $0 > 290_000 && $0 <= 300_000 } == true)
        limit(pair, to: nil)
        pair.send(335..<340)
        #expect(told(pair).map { $0 >= 900_000_000 } == true)
        pair.send(340..<1_200)
        let repeated = count(pair)
        pair.send(1_200..<1_700)
        #expect(count(pair) == repeated)
    }

    @Test("the operator's maximum stays on top")
    func maximum() throws {
        let pair = try pair(.announced, maximumBitrate: 400_000)
        pair.send(0..<20)
        limit(pair, to: 900_000)
        pair.send(20..<150)
        #expect(told(pair).map { $0 <= 400_000 && $0 > 390_000 } == true)
        limit(pair, to: 200_000)
        pair.send(150..<160)
        #expect(told(pair).map { $0 <= 200_000 } == true)
        limit(pair, to: nil)
        pair.send(160..<300)
        #expect(told(pair).map { $0 <= 400_000 && $0 > 390_000 } == true)
    }

    @Test("one that takes neither estimates nor arrivals is told nothing")
    func untold() throws {
        let pair = try pair(.none)
        pair.send(0..<20)
        #expect(!tellsLimits(pair))
        limit(pair, to: 200_000)
        pair.send(20..<300)
        #expect(told(pair) == nil)
    }

    @Test("arrivals are told as they are, unless they have to stand for a limit")
    func stretched() {
        var arrivals = TransportArrivals()
        arrivals.linkRate = 480_000
        var estimate = SendSideEstimate.unlimited
        var least = UInt64.max
        // 1,200 bytes in 10 ms are 960 kbit/s.
        for number: UInt16 in 0..<500 {
            let now = MonotonicTime(nanoseconds: 1_000_000_000 + UInt64(number) * 10_000_000)
            estimate.send(number, size: 1_200, at: now)
            arrivals.receive(number, size: 1_200, at: now)
            guard let due = arrivals.deadline, due <= now else { continue }
            let bytes = bytesWritten(capacity: 1_500) { out in
                _ = arrivals.writeReport(at: now, senderSSRC: 1, mediaSSRC: 2, into: &out)
            }
            guard var reader = try? RTCPReader(validating: bytes.span.bytes) else { continue }
            while case .transportFeedback(let feedback)? = reader.next(in: bytes.span.bytes) {
                estimate.receive(feedback, in: bytes.span.bytes, roundTrip: nil, at: now)
            }
            least = min(least, estimate.limit ?? .max)
        }
        #expect(least < 960_000)
    }
}
