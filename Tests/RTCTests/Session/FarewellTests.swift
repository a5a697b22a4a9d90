// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

/// How the other side hears of the end of a session, in virtual time.
@Suite("The end of a session, as the other side hears of it")
struct FarewellTests {
    private static func pair(seed: UInt64, liveness: Liveness? = Liveness()) throws -> PublishingPair {
        let pair = try PublishingPair(seed: seed, conditions: .perfect, liveness: liveness)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.send(0..<10)
        // All has arrived.
        pair.network.run(for: .milliseconds(50))
        return pair
    }

    /// Counts the records of DTLS on the way to the publisher.
    private static func countRecords(of pair: PublishingPair) -> () -> Int {
        final class Count { var value = 0 }
        let count = Count()
        pair.network.backward.rewrite = { datagram in
            if isDTLS(datagram) { count.value += 1 }
            return datagram
        }
        return { count.value }
    }

    @Test("A publisher that hears it answers, and it is said once")
    func heard() throws {
        let pair = try Self.pair(seed: 1)
        let records = Self.countRecords(of: pair)
        pair.network.right.session.close(at: pair.network.now)
        #expect(!pair.network.right.isFinished)
        pair.network.run(for: .seconds(1))
        #expect(pair.network.left.closeReason == .remote)
        #expect(pair.network.right.isFinished)
        #expect(records() == 1)
    }

    @Test("A publisher that does not answer is told four times within 350 ms, and whatever else comes changes nothing")
    func unanswered() throws {
        let pair = try Self.pair(seed: 2)
        let records = Self.countRecords(of: pair)
        // It hears nothing, and goes on sending.
        pair.network.backward.conditions.loss = 1
        pair.network.right.session.close(at: pair.network.now)
        let began = pair.network.now
        var number = 100
        while !pair.network.right.isFinished, pair.network.now - began < .seconds(2) {
            pair.send(number, on: pair.stream)
            number += 1
        }
        #expect(pair.network.now - began <= .milliseconds(370))
        pair.send(number..<number + 200)
        #expect(records() == 4)
        let drops = pair.network.right.session.statistics.drops
        #expect(drops[.closed] >= 200)
        #expect(pair.receivedNumbers == Array(0..<10))
    }

    @Test("Over a path that loses 30 % it is heard within half a second, by 98 of 100 publishers at least")
    func lossy() throws {
        var heard = 0
        for seed in 0..<200 {
            let pair = try Self.pair(seed: UInt64(seed))
            pair.network.forward.conditions.loss = 0.3
            pair.network.backward.conditions.loss = 0.3
            pair.network.right.session.close(at: pair.network.now)
            pair.network.run(for: .milliseconds(500))
            if pair.network.left.closeReason == .remote { heard += 1 }
        }
        #expect(heard >= 196, "\(heard) of 200")
    }

    @Test("A session that ends because nothing comes tells it too, where that way is open")
    func silent() throws {
        let policy = Liveness(media: .seconds(3), binding: .seconds(6))
        for rules in [ICERules.ingest(outliving: policy), .mediasoup] {
            let pair = try PublishingPair(seed: 3, conditions: .perfect, liveness: policy, rules: rules)
            try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
            pair.send(0..<10)
            pair.network.forward.conditions.loss = 1
            pair.network.run(for: .seconds(8))
            #expect(pair.network.right.closeReason == .silent)
            #expect(pair.network.left.closeReason == .remote)
        }
    }

    @Test("With the default policy the end comes before the path is given up, so that it can be told")
    func silentByDefault() throws {
        for rules in [ICERules.ingest(outliving: Liveness()), .mediasoup] {
            let pair = try PublishingPair(seed: 4, conditions: .perfect, rules: rules)
            try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
            let records = Self.countRecords(of: pair)
            pair.network.forward.conditions.loss = 1
            pair.network.run(for: .seconds(40))
            #expect(pair.network.right.closeReason == .silent)
            // Its answers are lost as well.
            #expect(records() == 4)
        }
    }

    @Test("Nothing is said before there was a handshake, nor after the other side has said it")
    func nothingToSay() throws {
        let early = try PublishingPair(seed: 5, conditions: .perfect)
        early.network.right.session.close(at: early.network.now)
        #expect(early.network.right.isFinished)

        let pair = try Self.pair(seed: 6)
        pair.network.left.session.close(at: pair.network.now)
        pair.network.run(for: .seconds(1))
        #expect(pair.network.right.closeReason == .remote)
        #expect(pair.network.right.isFinished && pair.network.left.isFinished)
    }
}
