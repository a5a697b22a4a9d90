// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@Suite("What is counted of the streams of a session", .serialized)
struct StreamStatisticsTests {
    private static func pair(loss: Double, _ recovery: PublishingPair.Recovery) throws -> PublishingPair {
        let pair = try PublishingPair(
            seed: 7,
            conditions: NetworkConditions(delay: .milliseconds(10)),
            recovery: recovery
        )
        try #require(pair.network.run(for: .seconds(20)) { pair.isConnected })
        pair.send(0..<4)
        pair.network.forward.conditions = NetworkConditions(loss: loss, delay: .milliseconds(10))
        pair.send(4..<396)
        pair.network.forward.conditions = NetworkConditions(delay: .milliseconds(10))
        pair.send(396..<400)
        pair.network.run(for: .seconds(2))
        return pair
    }

    @Test("What the receiver asks for and gets back is counted alike at both ends")
    func recovery() throws {
        let pair = try Self.pair(loss: 0.05, .announced)
        let sent = try #require(pair.network.left.session.outgoingStreams.first)
        let received = try #require(pair.network.right.session.incomingStreams.first)
        #expect(received.ssrc == sent.ssrc && received.mid == "1" && received.codec.name == "VP8")
        #expect(received.retransmissionSSRC == sent.parameters.retransmissionSSRC)
        #expect(sent.packets == 400 && sent.frames.frames == 100)
        #expect(received.recovered > 5 && received.packets + received.recovered == 400)
        #expect(received.lost == Int64(received.recovered))
        #expect(received.feedback.nacks > 0 && received.feedback == sent.feedback)
        #expect(received.feedback.packetsRequested >= received.recovered)
        // Some of what is sent again is lost again.
        #expect(sent.retransmitted.packets >= received.retransmitted.packets)
        #expect(received.retransmitted.packets >= received.recovered)
        #expect(sent.lost == received.lost && sent.roundTripTime != nil && sent.remoteJitter != nil)
        #expect(received.lastSenderReport?.packetCount ?? 0 > 300)
    }

    @Test("Requests for key frames are counted by their kind at both ends")
    func keyFrames() throws {
        let pair = try Self.pair(loss: 0, .none)
        for _ in 0..<3 {
            pair.network.right.session.requestKeyFrame(
                of: pair.video,
                encoding: EncodingIndex(0),
                at: pair.network.now
            )
            pair.network.run(for: .seconds(1))
        }
        let sent = try #require(pair.network.left.session.outgoingStreams.first)
        let received = try #require(pair.network.right.session.incomingStreams.first)
        #expect(received.feedback.pictureLosses == 3 && received.feedback.fullIntraRequests == 0)
        #expect(sent.feedback == received.feedback)
        #expect(received.recovered == 0 && received.lost == 0)
    }

    @Test("Reports about the transport are counted at both ends")
    func transportReports() throws {
        let pair = try Self.pair(loss: 0, .plain)
        let (sender, receiver) = (pair.network.left.session.statistics, pair.network.right.session.statistics)
        #expect(receiver.transportReportsSent > 10)
        #expect(sender.transportReportsReceived == receiver.transportReportsSent)
        #expect(sender.estimatesReceived == receiver.estimatesSent)
    }
}
