// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

extension ChainTests {
    /// What no retransmission mends ends with a key frame that nobody at the viewer's end had to ask for.
    @Suite("Key frames in place of lost packets", .timeLimit(.minutes(2)))
    struct KeyFrameMendingTests {
        private static let delay: Duration = .milliseconds(25)

        private func chain(_ publisher: ChainPlan.Publisher = .browser) throws -> (SimulatedChain, ChainViewer) {
            let plan = ChainPlan(publisher: publisher)
            let chain = try SimulatedChain(plan, publisherDelay: Self.delay, farDelay: Self.delay, seed: 9)
            let viewer = try chain.addViewer()
            chain.publish(.onRequest)
            chain.run(for: .seconds(2))
            try #require(viewer.log.shown.count > 30)
            return (chain, viewer)
        }

        @Test("An outage of a leg ends in a key frame at once", arguments: LossCell.Leg.allCases)
        func outage(_ leg: LossCell.Leg) throws {
            let (chain, viewer) = try chain()
            let asked = chain.keyFrameRequests.count
            let impaired = leg == .publisher ? chain.publisherLeg : chain.farLeg
            impaired.impair(NetworkConditions(loss: 1, delay: Self.delay))
            chain.run(for: .milliseconds(1_500))
            let ended = chain.now
            impaired.impair(NetworkConditions(delay: Self.delay))
            chain.run(for: .seconds(5))
            let resumed = try #require(viewer.log.shown.first { $0.at > ended + Self.delay * 2 })
            #expect(resumed.at - ended <= .milliseconds(1_000))
            #expect(viewer.log.longestFreeze(in: 60..<chain.frameCount) <= .milliseconds(2_500))
            #expect(chain.keyFrameRequests.count - asked <= 3)
        }

        @Test("Of a publisher that sends nothing again a key frame is asked as soon as a packet is known to be lost")
        func unmended() throws {
            let (chain, viewer) = try chain(.unmended)
            let asked = chain.keyFrameRequests.count
            chain.publisherLeg.impair(NetworkConditions(loss: 1, delay: Self.delay))
            let next = chain.frameCount + 1
            chain.run(for: .seconds(1)) { chain.frameCount == next }
            chain.publisherLeg.impair(NetworkConditions(delay: Self.delay))
            let lostAt = chain.now
            chain.run(for: .seconds(2))
            let requests = chain.keyFrameRequests.dropFirst(asked)
            #expect(requests.count == 1)
            // The next frame shows the gap, and what was only overtaken has 100 ms.
            #expect(requests.first.map { $0 - lostAt <= .milliseconds(200) } == true)
            let resumed = try #require(viewer.log.shown.first { $0.number > next && $0.isKeyFrame })
            #expect(resumed.at - lostAt <= .milliseconds(400))
        }

        @Test("Packets that were only overtaken make nobody ask", arguments: [ChainPlan.Publisher.browser, .unmended])
        func overtaken(_ publisher: ChainPlan.Publisher) throws {
            let (chain, viewer) = try chain(publisher)
            let asked = chain.keyFrameRequests.count
            let conditions = NetworkConditions(
                reordering: 0.1,
                reorderingDepth: 4,
                reorderingTime: .milliseconds(20),
                delay: Self.delay
            )
            chain.publisherLeg.impair(conditions)
            chain.farLeg.impair(conditions)
            let first = chain.frameCount
            chain.run(for: .seconds(10))
            #expect(chain.keyFrameRequests.count == asked)
            let frames = first..<chain.frameCount - 10
            #expect(viewer.log.shownCount(in: frames) == frames.count)
        }

        @Test("A publisher that does not answer is asked no more than once in 500 ms, and not for ever")
        func ignored() throws {
            let plan = ChainPlan(publisher: .unmended)
            let chain = try SimulatedChain(plan, publisherDelay: Self.delay, farDelay: Self.delay, seed: 9)
            let viewer = try chain.addViewer()
            chain.publish(.every(300))
            chain.run(for: .seconds(2))
            let asked = chain.keyFrameRequests.count
            chain.publisherLeg.impair(NetworkConditions(loss: 1, delay: Self.delay))
            chain.run(for: .milliseconds(100))
            chain.publisherLeg.impair(NetworkConditions(delay: Self.delay))
            chain.run(for: .seconds(6))
            let requests = chain.keyFrameRequests.dropFirst(asked)
            // Six of the gateway's own; the viewer asks by itself after 3 s.
            #expect((6...9).contains(requests.count))
            #expect(zip(requests, requests.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(500) })
            chain.run(for: .seconds(3))
            #expect(viewer.log.shown.last.map { $0.number >= 300 } == true)
        }
    }
}
