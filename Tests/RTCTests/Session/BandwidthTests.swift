// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@Suite("What a session knows of its path")
struct BandwidthTests {
    private func pair(_ recovery: PublishingPair.Recovery, estimates: Bool = true) throws -> PublishingPair {
        let pair = try PublishingPair(
            seed: 5,
            conditions: .perfect,
            recovery: recovery,
            estimatesBandwidth: estimates
        )
        pair.network.run(for: .seconds(5)) { pair.isConnected }
        return pair
    }

    // A session can't be copied, so it is asked outside of what is expected of it.

    private func available(_ peer: SimulatedPeer) -> UInt64? { peer.session.availableBitrate }
    private func canBurst(_ peer: SimulatedPeer) -> Bool { peer.session.canBurst }
    private func statistics(_ peer: SimulatedPeer) -> SessionStatistics { peer.session.statistics }
    private func fellAt(_ peer: SimulatedPeer) -> MonotonicTime? { peer.session.availableBitrateFellAt }

    @Test("arrivals that the peer tells make an estimate, and a burst of retransmissions raises it")
    func bursts() throws {
        let pair = try pair(.announced)
        #expect(available(pair.network.left) == 600_000)
        #expect(!canBurst(pair.network.left))
        pair.send(0..<200)
        #expect(canBurst(pair.network.left))
        let before = try #require(available(pair.network.left))
        #expect(before >= 600_000 && before < 700_000)
        pair.network.left.session.beginBurst(bitrate: 1_500_000, for: .milliseconds(150), at: pair.network.now)
        pair.send(200..<240)
        pair.network.run(for: .milliseconds(100))
        let after = try #require(available(pair.network.left))
        #expect(after > 1_200_000 && after < 1_700_000)
        let sent = statistics(pair.network.left)
        // 150 ms of 1.5 Mbit/s, in packets of 270 bytes or so.
        #expect(sent.burstPacketsSent > 60 && sent.burstPacketsSent < 130)
        #expect(statistics(pair.network.right).probesReceived == sent.burstPacketsSent)
        #expect(pair.receivedNumbers == Array(0..<240))
        #expect(fellAt(pair.network.left) == nil)
    }

    @Test("without a wish for it, or anything to make it from, there is none", arguments: [true, false])
    func none(estimates: Bool) throws {
        let pair = try pair(estimates ? .none : .announced, estimates: estimates)
        pair.send(0..<50)
        #expect(available(pair.network.left) == nil)
        #expect(!canBurst(pair.network.left))
        #expect(statistics(pair.network.right).transportReportsSent > 0 || estimates)
    }

    @Test("where send times are told, the receiver estimates and tells, and that is what may be sent")
    func sendTimes() throws {
        let pair = try pair(.bySendTimes)
        pair.send(0..<400)
        let told = try #require(available(pair.network.left))
        #expect(told >= 599_000 && told < 1_000_000)
        #expect(statistics(pair.network.left).estimatesReceived >= 3)
        #expect(statistics(pair.network.right).transportReportsSent == 0)
        #expect(!canBurst(pair.network.left))
    }

    @Test("only packets that carry a transport-wide number take one")
    func numbering() throws {
        let pair = try pair(.announced)
        let codec = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2)
        let audio = try pair.network.left.session.addSendStream(
            SendStreamParameters(
                kind: .audio,
                mid: nil,
                ssrc: 99,
                codec: codec,
                extensions: HeaderExtensionMap(),
                cname: "publisher"
            )
        )
        for number in 0..<20 {
            pair.send(number, on: pair.stream)
            let packet = OutgoingRTP(
                payloadType: 111,
                marker: false,
                sequenceNumber: UInt16(number),
                timestamp: UInt32(number) * 960
            )
            pair.network.left.send(packet, payload: [1, 2, 3], on: audio, at: pair.network.now)
        }
        pair.network.run(for: .milliseconds(100))
        let numbers = pair.network.right.media.compactMap(\.packet.extensions.transportSequenceNumber)
        #expect(numbers == (0..<20).map { numbers[0] &+ UInt16($0) })
    }
}
