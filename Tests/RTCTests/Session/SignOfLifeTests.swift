// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

/// What keeps a publisher's session alive, and what does not; in virtual time, with a policy of 3 s and 6 s.
@Suite("Signs of life of a publisher")
struct SignOfLifeTests {
    private static let policy = Liveness(media: .seconds(3), binding: .seconds(6))

    /// What the network lets through.
    enum Kind: CaseIterable {
        case stun
        case dtls
        case rtp
        case rtcp

        init?(_ datagram: [UInt8]) {
            switch (datagram.first ?? 255, datagram.dropFirst().first ?? 0) {
            case (0...3, _): self = .stun
            case (20...63, _): self = .dtls
            case (128...191, 192...223): self = .rtcp
            case (128...191, _): self = .rtp
            default: return nil
            }
        }
    }

    private static func pair(seed: UInt64 = 1) throws -> PublishingPair {
        let rules = ICERules.ingest(outliving: policy)
        let pair = try PublishingPair(seed: seed, conditions: .perfect, liveness: policy, rules: rules)
        try #require(pair.network.run(for: .seconds(2)) { pair.isConnected })
        pair.send(0..<20)
        return pair
    }

    /// Sends for so long, or until the server's session has ended; the result is how long that took.
    @discardableResult
    private static func send(_ pair: PublishingPair, for duration: Duration) -> Duration {
        let began = pair.network.now
        var number = 1_000
        while pair.network.now - began < duration, pair.network.right.closeReason == nil {
            pair.send(number, on: pair.stream)
            number += 1
        }
        return pair.network.now - began
    }

    @Test("Each of checks, RTP and RTCP alone keeps it alive", arguments: [Kind.stun, .rtp, .rtcp])
    func alone(kind: Kind) throws {
        let pair = try Self.pair()
        pair.network.forward.rewrite = { Kind($0) == kind ? $0 : nil }
        // Not longer than the publisher's own consent lasts.
        Self.send(pair, for: .seconds(20))
        #expect(pair.network.right.closeReason == nil)
    }

    @Test("Without media it ends by the time since the last check, without checks by that since the last media")
    func ends() throws {
        let checking = try Self.pair()
        checking.network.forward.conditions.loss = 1
        let afterChecks = Self.send(checking, for: .seconds(20))
        #expect(checking.network.right.closeReason == .silent)
        // The publisher checks every 4 to 6 s.
        #expect(afterChecks <= .seconds(6.1))

        let sending = try Self.pair()
        sending.network.forward.rewrite = { Kind($0) == .rtp ? $0 : nil }
        Self.send(sending, for: .seconds(10))
        sending.network.forward.conditions.loss = 1
        let afterMedia = Self.send(sending, for: .seconds(20))
        #expect(sending.network.right.closeReason == .silent)
        #expect(afterMedia > .seconds(2.9) && afterMedia <= .seconds(3.1), "\(afterMedia)")
    }

    @Test("What comes again, or is forged, does not count", arguments: 0..<8)
    func replayedAndForged(seed: Int) throws {
        let pair = try Self.pair(seed: UInt64(seed))
        var recorded: [[UInt8]] = []
        pair.network.forward.rewrite = { datagram in
            recorded.append(datagram)
            return datagram
        }
        Self.send(pair, for: .seconds(7))
        let kinds = Set(recorded.compactMap { Kind($0) })
        #expect(kinds.isSuperset(of: [.stun, .rtp, .rtcp]))

        var generator = SplitMix64(seed: UInt64(seed))
        let began = pair.network.now
        // Nothing new is recorded, nor does it arrive.
        pair.network.forward.rewrite = { _ in nil }
        while pair.network.right.closeReason == nil, pair.network.now - began < .seconds(20) {
            for datagram in recorded.shuffled(using: &generator).prefix(20) {
                Self.give(datagram, to: pair)
                var forged = datagram
                let place = Int.random(in: forged.indices, using: &generator)
                forged[place] ^= UInt8.random(in: 1...255, using: &generator)
                if Kind(forged) != .dtls { Self.give(forged, to: pair) }
            }
            pair.network.run(for: .milliseconds(100))
        }
        #expect(pair.network.right.closeReason == .silent)
        #expect(pair.network.now - began <= .seconds(6.2))
    }

    /// Lets the server take a datagram as if the publisher had sent it now.
    private static func give(_ datagram: [UInt8], to pair: PublishingPair) {
        var bytes = datagram
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let source = PublishingPair.publisherAddress
        _ = try? pair.network.right.session.receive(&raw, from: source, at: pair.network.now)
    }
}
