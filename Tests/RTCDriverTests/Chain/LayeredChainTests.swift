// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

extension ChainTests {
    /// What one of three layers needs, the others are not asked for.
    @Suite("Key frames of three layers", .timeLimit(.minutes(2)))
    struct LayeredChainTests {
        private static let delay: Duration = .milliseconds(25)

        private func chain(_ plan: ChainPlan, layers: [Int]) throws -> (SimulatedChain, [ChainViewer]) {
            let chain = try SimulatedChain(plan, publisherDelay: Self.delay, farDelay: Self.delay, seed: 12)
            var viewers: [ChainViewer] = []
            for layer in layers { viewers.append(try chain.addViewer(layer: layer)) }
            chain.publish(.onRequest)
            chain.run(for: .seconds(3))
            for viewer in viewers { try #require(viewer.log.shown.count > 30) }
            return (chain, viewers)
        }

        @Test(
            "An outage of one layer ends in a key frame of that; others are not asked, and miss nothing",
            arguments: LossCell.Leg.allCases,
            0..<3
        )
        func outage(_ leg: LossCell.Leg, of layer: Int) throws {
            let plan = ChainPlan(publisher: .browser, layers: 3)
            let (chain, viewers) = try chain(plan, layers: [0, 1, 2])
            let asked = chain.layerRequests.map(\.count)
            let (first, heard) = (chain.frameCount, chain.publisher.keyFrameRequests)
            let stream = leg == .publisher ? plan.published[layer] : plan.produced[layer]
            let impaired = leg == .publisher ? chain.publisherLeg : chain.farLeg
            impaired.lose([stream.ssrc, stream.retransmissionSSRC])
            chain.run(for: .milliseconds(1_200))
            let ended = chain.now
            // Nothing that the publisher sends again comes afterwards either.
            impaired.lose(leg == .publisher ? [stream.retransmissionSSRC] : [])
            chain.run(for: .seconds(4))
            let requests = chain.layerRequests.enumerated().map { Array($1.dropFirst(asked[$0])) }
            #expect((1...4).contains(requests[layer].count))
            #expect(chain.publisher.keyFrameRequests - heard == requests[layer].count)
            #expect(zip(requests[layer], requests[layer].dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(500) })
            let resumed = try #require(viewers[layer].log.shown.first { $0.at > ended })
            #expect(resumed.at - ended <= .milliseconds(1_000))
            for other in 0..<3 where other != layer {
                #expect(requests[other].isEmpty)
                let frames = first..<chain.frameCount - 10
                #expect(viewers[other].log.shownCount(in: frames) == frames.count)
                #expect(!viewers[other].log.shown.contains { $0.isKeyFrame && frames.contains($0.number) })
            }
        }

        /// What a viewer's full intra request becomes where the SFU and the publisher understand some kinds.
        struct Way: CustomTestStringConvertible {
            let far: [RTCPFeedback]
            let publisher: [RTCPFeedback]

            static let all = [
                Way(far: [.fullIntraRequest], publisher: [.fullIntraRequest]),
                Way(far: [.fullIntraRequest], publisher: [.pictureLossIndication]),
                Way(far: [.pictureLossIndication], publisher: [.fullIntraRequest]),
                Way(far: ChainPlan.anyRequest, publisher: ChainPlan.anyRequest),
            ]

            var testDescription: String { "SFU \(far), publisher \(publisher)" }
        }

        @Test(
            "A full intra request of a viewer reaches the publisher once, for its layer, as the kind it takes",
            arguments: Way.all
        )
        func fullIntraRequest(_ way: Way) throws {
            let plan = ChainPlan(
                publisher: .browser,
                layers: 3,
                publisherRequests: way.publisher,
                farRequests: way.far,
                viewerRequests: [.fullIntraRequest]
            )
            let (chain, viewers) = try chain(plan, layers: [1])
            for _ in 0..<3 {
                let (asked, heard) = (chain.layerRequests.map(\.count), heard(by: chain))
                let askedAt = chain.now
                viewers[0].requestKeyFrame(at: chain.now)
                chain.run(for: .seconds(1))
                #expect(chain.layerRequests.map(\.count) == [asked[0], asked[1] + 1, asked[2]])
                let isFull = !way.publisher.contains(.pictureLossIndication)
                let new = zip(self.heard(by: chain), heard).map { ($0.full - $1.full, $0.loss - $1.loss) }
                #expect(new.map(\.0) == [0, isFull ? 1 : 0, 0] && new.map(\.1) == [0, isFull ? 0 : 1, 0])
                let shown = try #require(viewers[0].log.shown.first { $0.at > askedAt && $0.isKeyFrame })
                // There and back over all legs, and until the next frame is made.
                #expect(shown.at - askedAt <= .milliseconds(4 * 25 + 4 + 34 + 40))
            }
        }

        /// What the publisher has heard, by layer.
        private func heard(by chain: SimulatedChain) -> [(full: Int, loss: Int)] {
            chain.publisher.session.outgoingStreams.map { stream in
                (Int(stream.feedback.fullIntraRequests), Int(stream.feedback.pictureLosses))
            }
        }
    }
}

extension ChainLeg {
    /// Loses all RTP of some sources, by its first bytes (RFC 7983 §7, RFC 5761 §4, RFC 3550 §5.1).
    fileprivate func lose(_ sources: Set<UInt32?>) {
        rewrite { datagram in
            let isRTP = datagram.count > 12 && datagram[0] >> 6 == 2 && !(192...223).contains(datagram[1])
            return isRTP && sources.contains(datagram.span.bytes.uint32(at: 8)) ? nil : datagram
        }
    }
}
