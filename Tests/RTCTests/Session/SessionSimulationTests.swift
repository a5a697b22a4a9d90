// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

@Suite("Two sessions on a simulated network")
struct SessionSimulationTests {
    private static let roughNetwork = NetworkConditions(
        loss: 0.10,
        duplication: 0.05,
        reordering: 0.10,
        reorderingDepth: 20,
        delay: .milliseconds(30)
    )

    @Test(
        "They connect and carry every packet that the network lets through, once, with a NAT rebinding in between",
        arguments: 0..<200
    )
    func mediaOverRoughNetwork(seed: Int) throws {
        let pair = try PublishingPair(seed: UInt64(seed), conditions: Self.roughNetwork, sparing: isDTLS)
        try #require(pair.network.run(for: .seconds(20)) { pair.isConnected })

        pair.send(0..<200)
        #expect(pair.receivedNumbers.count >= 150, "only \(pair.receivedNumbers.count) of 200 packets arrived")

        // The publisher hears nothing any more and checks once a second until an answer comes.
        pair.network.mappedAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0009), port: 61_000)
        let rebound = pair.receivedNumbers.count
        var next = 200
        while pair.receivedNumbers.count < rebound + 10, next < 1_200 {
            pair.send(next..<next + 10)
            next += 10
        }
        pair.send(next..<next + 200)
        pair.network.run(for: .seconds(2))

        let numbers = pair.receivedNumbers
        let after = numbers.count { $0 >= next }
        #expect(Set(numbers).count == numbers.count, "a duplicate passed the replay window")
        #expect(after >= 150, "only \(after) of 200 packets arrived after the rebinding")
        let drops = pair.network.right.session.statistics.drops
        #expect(drops[.authentication] == 0)
        #expect(drops[.replayed] > 0)
    }

    @Test("A certificate that was not announced ends the session")
    func fingerprintMismatch() throws {
        let stranger = try Certificates.stranger.get()
        let pair = try PublishingPair(
            seed: 1,
            conditions: .perfect,
            expectedByServer: stranger.fingerprint
        )
        pair.network.run(for: .seconds(2)) { pair.network.right.closeReason != nil }
        #expect(pair.network.right.closeReason == .dtls(.fingerprintMismatch))
        #expect(!pair.network.right.isConnected)
    }

    @Test("close_notify of the publisher ends the server's session")
    func closing() throws {
        let pair = try PublishingPair(seed: 2, conditions: .perfect)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.network.left.session.close(at: pair.network.now)
        pair.network.run(for: .seconds(1))
        #expect(pair.network.right.closeReason == .remote)
        #expect(pair.network.left.closeReason == .local)
    }

    @Test("A session that nothing reaches any more is given up after 30 s without checks and 15 s without media")
    func silence() throws {
        let pair = try PublishingPair(seed: 3, conditions: .perfect)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.send(0..<10)
        let silentSince = pair.network.now
        pair.network.forward.conditions.loss = 1
        pair.network.run(for: .seconds(40)) { pair.network.right.closeReason != nil }
        #expect(pair.network.right.closeReason == .silent)
        let waited = pair.network.now - silentSince
        #expect(waited > .seconds(24) && waited <= .seconds(31), "given up after \(waited)")
    }

    @Test("Towards SkyWay's clients a path lapses after 30 s without checks, and comes back with DTLS as it was")
    func lapse() throws {
        let pair = try PublishingPair(seed: 6, conditions: .perfect, liveness: nil, rules: .mediasoup)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.send(0..<10)
        pair.network.forward.conditions.loss = 1
        let lapsed = pair.network.run(for: .seconds(40)) { pair.network.right.session.selectedAddress == nil }
        #expect(lapsed && pair.network.right.closeReason == nil)
        pair.network.run(for: .seconds(5))
        pair.network.forward.conditions.loss = 0
        // Media of an address that has not proved itself anew is dropped.
        pair.send(10..<15)
        #expect(pair.receivedNumbers == Array(0..<10))
        pair.network.left.session.restartICE(remote: pair.serverCredentials, at: pair.network.now)
        let returned = pair.network.run(for: .seconds(2)) { pair.network.right.session.selectedAddress != nil }
        #expect(returned && pair.isConnected)
        pair.network.run(for: .milliseconds(200))
        pair.send(15..<20)
        pair.network.run(for: .milliseconds(100))
        #expect(pair.receivedNumbers == Array(0..<10) + Array(15..<20))
        let states = pair.network.right.events.compactMap { event in
            if case .iceState(let state) = event { state } else { nil }
        }
        #expect(states == [.connected, .disconnected, .connected])
    }

    @Test("A key frame request reaches the sender, at most one in 500 ms")
    func keyFrameRequests() throws {
        let pair = try PublishingPair(seed: 4, conditions: .perfect)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.send(0..<10)
        for _ in 0..<100 {
            pair.network.right.session.requestKeyFrame(
                of: pair.video,
                encoding: EncodingIndex(0),
                at: pair.network.now
            )
            pair.network.run(for: .milliseconds(10))
        }
        pair.network.run(for: .milliseconds(600))
        #expect((2...3).contains(pair.network.left.keyFrameRequests))
    }

    @Test("Sender reports begin within a second, and the receiver answers with reports of its own")
    func reports() throws {
        let pair = try PublishingPair(seed: 5, conditions: .perfect)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.send(0..<150)
        let statistics = pair.network.right.session.statistics
        #expect(statistics.senderReportsReceived >= 1)
        #expect(pair.network.left.session.statistics.receiverReportsReceived >= 1)
    }
}
