// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

/// OpenSSL's DTLS timer reads the system clock, so the network's time follows it here; where the machine is busy and lets
/// the test wait, the network waits with it.
@Suite("First handshakes over a bad network, in real time", .timeLimit(.minutes(1)))
struct HandshakeLossTests {
    @Test("A fifth is lost each way from the first datagram on: nobody waits long, and no path is given up")
    func loss() async throws {
        let conditions = NetworkConditions(loss: 0.2, delay: .milliseconds(25))
        let took = try await connect(100, over: conditions)
        // Four ways there and back of 50 ms without loss.
        print("HANDSHAKES, 20 % lost each way: median \(took[50]), 95 of 100 \(took[95]), longest \(took[99])")
        #expect(took[50] <= .milliseconds(600) && took[95] <= .seconds(3))
    }

    @Test("Datagrams that are lost, doubled and overtaken keep nobody out")
    func disorder() async throws {
        _ = try await connect(
            24,
            over: NetworkConditions(
                loss: 0.2,
                duplication: 0.1,
                reordering: 0.2,
                reorderingDepth: 3,
                delay: .milliseconds(1)
            )
        )
    }

    /// Connects pairs side by side, with either side as client; answers how long each took, sorted.
    private func connect(_ count: Int, over conditions: NetworkConditions) async throws -> [Duration] {
        let pairs = try (0..<count).map { seed in
            try PublishingPair(
                seed: UInt64(seed),
                conditions: conditions,
                publisherRole: seed % 2 == 0 ? .client : .server
            )
        }
        let began = pairs[0].network.now
        var took: [Duration?] = Array(repeating: nil, count: count)
        let clock = ContinuousClock()
        let start = clock.now
        var last = start
        while took.contains(nil), last - start < .seconds(30) {
            let now = clock.now
            let step = min(now - last, .milliseconds(50))
            last = now
            for (place, pair) in pairs.enumerated() where took[place] == nil {
                if pair.network.run(for: step, until: { pair.isConnected }) { took[place] = pair.network.now - began }
            }
            try await clock.sleep(for: .milliseconds(1))
        }
        for pair in pairs {
            let wasGivenUp = pair.network.left.events.contains { event in
                if case .iceState(.disconnected) = event { true } else { false }
            }
            #expect(!wasGivenUp)
        }
        return try took.map { try #require($0) }.sorted()
    }
}
