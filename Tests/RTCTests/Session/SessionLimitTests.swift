// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

@Suite("What a session puts up with")
struct SessionLimitTests {
    @Test(
        "A publisher that sends more than one and a half times its bit rate for 10 s is ended; one below goes on",
        arguments: [(UInt64(100_000), true), (115_000, true), (160_000, false), (1_000_000, false)]
    )
    func bitrate(maximum: UInt64, isEnded: Bool) throws {
        let pair = try PublishingPair(seed: 1, conditions: .perfect, maximumBitrate: maximum)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        let began = pair.network.now
        var number = 0
        while pair.network.now - began < .seconds(30), pair.network.right.closeReason == nil {
            pair.send(number..<number + 10)
            number += 10
        }
        let passed = pair.network.now - began
        let bytes = pair.network.right.session.statistics.bytesReceived
        // 100 packets a second, which have something about 230 bytes.
        let bitrate = Double(bytes * 8) / (passed / .seconds(1))
        #expect(bitrate > 185_000 && bitrate < 220_000)
        #expect(pair.network.right.closeReason == (isEnded ? .excessiveBitrate : nil))
        if isEnded { #expect(passed >= .seconds(8) && passed <= .seconds(14), "ended after \(passed)") }
        // The publisher is told.
        pair.network.run(for: .milliseconds(100))
        #expect((pair.network.left.closeReason == .remote) == isEnded)
    }

    @Test("A burst that is over within 10 s is no reason to end")
    func burst() throws {
        let pair = try PublishingPair(seed: 2, conditions: .perfect, maximumBitrate: 100_000)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        for second in 0..<8 {
            // Two seconds at twice the rate, then four of silence.
            pair.send(second * 200..<second * 200 + 200)
            pair.network.run(for: .seconds(4))
        }
        #expect(pair.network.right.closeReason == nil)
    }

    @Test("A publisher that passes checks but never comes to keys is given up after 30 s")
    func endlessHandshake() throws {
        let conditions = NetworkConditions(loss: 1)
        let pair = try PublishingPair(seed: 3, conditions: conditions, sparing: { !isDTLS($0) })
        let began = pair.network.now
        pair.network.run(for: .seconds(60)) { pair.network.right.closeReason != nil }
        #expect(pair.network.right.closeReason == .dtls(.timeout))
        let passed = pair.network.now - began
        #expect(passed >= .seconds(30) && passed <= .seconds(31), "given up after \(passed)")
        #expect(pair.network.right.session.statistics.packetsReceived == 0)
    }
}
