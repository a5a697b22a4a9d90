// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

/// Serialized, so that it keeps no more than one processor from the tests that need real time.
@Suite("Lost packets come back", .serialized)
struct LossRecoveryTests {
    /// 5 % loss each way and 50 ms there and back.
    private static let lossy = NetworkConditions(loss: 0.05, delay: .milliseconds(25))
    /// Bursts of four datagrams on average, 5 % in all.
    private static let bursty = NetworkConditions(
        reordering: 0.02,
        reorderingDepth: 4,
        delay: .milliseconds(25),
        bursts: BurstLoss(beginning: 0.0132, ending: 0.25, loss: 1)
    )

    /// A pair that has connected while nothing was lost yet.
    private func connectedPair(
        seed: UInt64,
        _ recovery: PublishingPair.Recovery,
        delay: Duration = .milliseconds(25),
        maximumBitrate: UInt64? = nil,
        estimatesBandwidth: Bool = false
    ) throws -> PublishingPair {
        let pair = try PublishingPair(
            seed: seed,
            conditions: NetworkConditions(delay: delay),
            recovery: recovery,
            maximumBitrate: maximumBitrate,
            estimatesBandwidth: estimatesBandwidth
        )
        try #require(pair.network.run(for: .seconds(20)) { pair.isConnected })
        return pair
    }

    private static let count = 200
    private static let ways: [PublishingPair.Recovery] = [.plain, .announced, .byIdentifiers, .byPayloadType]

    /// Sends packets through a network whose losses spare the first and the last few: that a stream has begun earlier or
    /// goes on can't be known.
    private func send(through pair: PublishingPair, _ conditions: NetworkConditions) {
        pair.send(0..<5)
        pair.network.forward.conditions = conditions
        pair.network.backward.conditions = Self.lossy
        pair.send(5..<Self.count - 5)
        pair.network.forward.conditions = NetworkConditions(delay: conditions.delay)
        pair.send(Self.count - 5..<Self.count)
        pair.network.run(for: .seconds(2))
    }

    /// The numbers of the packets that a forwarder sends on, by their outgoing sequence numbers.
    private func forwarded(_ pair: PublishingPair) -> [UInt16: Int] {
        var generator = SplitMix64(seed: 1)
        let codec = RTPCodec(kind: .video, name: "VP8", payloadType: 96, clockRate: 90_000)
        var forwarder = TrackForwarder(
            ForwardingConfiguration(from: codec, to: codec, waitsForKeyFrame: false, using: &generator)
        )
        var result: [UInt16: Int] = [:]
        for (media, number) in zip(pair.network.right.media, pair.receivedNumbers) {
            let content = PayloadFormat.vp8.content(of: media.payload.span.bytes)
            let moment = media.packet.receivedAt
            guard let packet = forwarder.forward(media.packet, InspectedPayload(content), at: moment)?.packet else {
                continue
            }
            #expect(result.updateValue(number, forKey: packet.sequenceNumber) == nil, "a number was used twice")
        }
        return result
    }

    /// Which of the packets did not arrive.
    private func missing(_ pair: PublishingPair) -> [Int] {
        Set(0..<Self.count).subtracting(pair.receivedNumbers).sorted()
    }

    /// The longest time that a packet took from its sending to its arrival.
    private func longestDelay(_ pair: PublishingPair, from start: MonotonicTime) -> Duration {
        zip(pair.network.right.media, pair.receivedNumbers).reduce(.zero) { longest, arrival in
            max(longest, arrival.0.packet.receivedAt - (start + .milliseconds(10 * arrival.1)))
        }
    }

    @Test(
        "At 5 % loss each way and 50 ms round trip every packet arrives in time, whichever way it comes again",
        arguments: 0..<200
    )
    func randomLoss(seed: Int) throws {
        let pair = try connectedPair(seed: UInt64(seed), Self.ways[seed % Self.ways.count])
        let start = pair.network.now
        send(through: pair, Self.lossy)
        #expect(missing(pair) == [])
        #expect(longestDelay(pair, from: start) < .milliseconds(500))
        let statistics = pair.network.right.session.statistics
        #expect(statistics.packetsRecovered > 0)
        #expect(pair.network.left.session.statistics.retransmissionsSent >= statistics.packetsRecovered)
    }

    @Test("Bursts of losses are mended too, and each packet is forwarded once, in its own place", arguments: 0..<200)
    func burstLoss(seed: Int) throws {
        let pair = try connectedPair(seed: UInt64(seed), Self.ways[seed % 2])
        send(through: pair, Self.bursty)
        #expect(missing(pair) == [])
        let forwarded = forwarded(pair)
        #expect(forwarded.count == Self.count)
        let first = try #require(forwarded.first { $0.value == 0 }?.key)
        #expect(forwarded.allSatisfy { $0.key == first &+ UInt16($0.value) })
    }

    @Test("Where no request gets through, packets that feedback leaves out come again, once each", arguments: 0..<50)
    func unasked(seed: Int) throws {
        let pair = try connectedPair(seed: UInt64(seed), .announced, estimatesBandwidth: true)
        // Generic NACK is the first format of RTPFB (RFC 4585 §6.2), which SRTP leaves readable.
        pair.network.backward.rewrite = { $0.count > 1 && $0[0] & 31 == 1 && $0[1] == 205 ? nil : $0 }
        pair.send(0..<5)
        pair.network.forward.conditions = Self.bursty
        pair.send(5..<Self.count - 5)
        let lost = pair.network.forward.lost
        pair.network.forward.conditions = NetworkConditions(delay: .milliseconds(25))
        pair.send(Self.count - 5..<Self.count)
        pair.network.run(for: .seconds(2))
        #expect(missing(pair) == [])
        let sender = pair.network.left.session.statistics
        #expect(sender.packetsRequestedByPeer == 0)
        // A few that were only overtaken are sent again as well.
        #expect(Int(sender.retransmissionsSent) <= lost + 5)
    }

    @Test("Without recovery the same network loses what it loses")
    func withoutRecovery() throws {
        let pair = try connectedPair(seed: 1, .none)
        send(through: pair, Self.lossy)
        #expect(missing(pair).count > 10)
        #expect(pair.network.right.session.statistics.packetsRequested == 0)
        #expect(pair.network.left.session.statistics.retransmissionsSent == 0)
    }

    @Test("A packet that the sender never gets through is asked for during ten round trips and then left out")
    func neverFilled() throws {
        let pair = try connectedPair(seed: 2, .announced, delay: .milliseconds(5))
        pair.send(0..<50)
        pair.network.forward.conditions.loss = 1
        pair.send(50..<51)
        pair.network.forward.conditions.loss = 0
        // It was sent, but what is asked for is lost as well.
        pair.network.backward.isSpared = { _ in false }
        pair.network.backward.conditions.loss = 1
        pair.send(51..<300)
        #expect(Set(0..<300).subtracting(pair.receivedNumbers) == [50])
        #expect(pair.network.right.session.statistics.packetsRequested == 19)
    }

    @Test("The round-trip time is known from the sender's answers, to a millisecond")
    func roundTripByReferenceTimes() throws {
        let pair = try connectedPair(seed: 3, .announced, delay: .milliseconds(40))
        pair.send(0..<350)
        let roundTrip = pair.network.right.session.receiveRoundTrip
        let measured = try #require(roundTrip)
        #expect(abs(measured.inSeconds - 0.080) < 0.001)
    }

    @Test("Arrivals are reported every 50 to 100 ms while packets come, and not while none do")
    func arrivalReports() throws {
        let pair = try connectedPair(seed: 4, .announced)
        pair.send(0..<300)
        let sent = pair.network.right.session.statistics.transportReportsSent
        #expect((30...60).contains(sent))
        pair.network.run(for: .seconds(5))
        #expect(pair.network.right.session.statistics.transportReportsSent <= sent + 1)
    }

    @Test("The bit rate's limit is told as soon as media comes, and each second after", arguments: [2_500_000, nil])
    func limit(_ limit: UInt64?) throws {
        let pair = try connectedPair(seed: 5, .announced, maximumBitrate: limit)
        pair.send(0..<300)
        let told = pair.network.left.session.statistics.estimatesReceived
        #expect(limit == nil ? told == 0 : (3...4).contains(told))
        let estimate = pair.network.left.session.estimatedMaximumBitrate
        #expect(estimate == limit)
    }
}
