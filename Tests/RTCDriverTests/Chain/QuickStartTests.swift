// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

extension ChainTests {
    /// A viewer that joins is sent its first key frame soon: from its joining to the last packet of that frame, with 50 ms
    /// there and back on both legs.
    @Suite("Quick start", .timeLimit(.minutes(2)))
    struct QuickStartTests {
        private static let delay: Duration = .milliseconds(25)

        private func chain(_ keyFrames: FrameSource.KeyFrames) throws -> SimulatedChain {
            let plan = ChainPlan(publisher: .browser)
            let chain = try SimulatedChain(plan, publisherDelay: Self.delay, farDelay: Self.delay, seed: 4)
            chain.publish(keyFrames)
            chain.run(for: .seconds(3))
            return chain
        }

        @Test("A viewer that joins in the middle has its key frame within 600 ms, by a request that passes at once")
        func honoured() throws {
            let chain = try chain(.onRequest)
            let asked = chain.keyFrameRequests.count
            var delays: [Duration] = []
            for _ in 0..<5 {
                let viewer = try chain.addViewer()
                let requests = chain.keyFrameRequests.count
                chain.run(for: .milliseconds(1_700)) { viewer.firstFrameAfter != nil }
                let first = try #require(viewer.firstFrameAfter)
                delays.append(first)
                let request = try #require(chain.keyFrameRequests.dropFirst(requests).first)
                let joined = try #require(viewer.joinedAt)
                #expect(request - joined <= .milliseconds(100))
                chain.run(for: .milliseconds(1_700))
            }
            print("QUICK START, key frames on request: \(delays)")
            #expect(delays.allSatisfy { $0 <= .milliseconds(600) })
            #expect(chain.keyFrameRequests.count - asked == 5)
        }

        @Test("So has one that joins right after another, when the limit of requests holds the next one back")
        func shortlyAfterAnother() throws {
            let chain = try chain(.onRequest)
            for pause in [Duration.zero, .milliseconds(40), .milliseconds(150), .milliseconds(400)] {
                let first = try chain.addViewer()
                chain.run(for: pause)
                let second = try chain.addViewer()
                chain.run(for: .seconds(2))
                for viewer in [first, second] {
                    let delay = try #require(viewer.firstFrameAfter)
                    #expect(delay <= .milliseconds(600))
                }
            }
            let requests = chain.keyFrameRequests
            #expect(zip(requests, requests.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(500) })
        }

        @Test("A publisher that is deaf to requests costs a key-frame interval and 100 ms", arguments: [30, 60])
        func ignored(interval: Int) throws {
            let chain = try chain(.every(interval))
            for _ in 0..<4 {
                let viewer = try chain.addViewer()
                chain.run(for: .seconds(3))
                let delay = try #require(viewer.firstFrameAfter)
                #expect(delay <= FrameSource.interval * interval + .milliseconds(100))
                chain.run(for: .milliseconds(230))
            }
        }

        @Test("A viewer that waits sees a publisher's first frame as soon as both legs carry it")
        func waiting() throws {
            let plan = ChainPlan(publisher: .browser)
            let chain = try SimulatedChain(plan, publisherDelay: Self.delay, farDelay: Self.delay, seed: 5)
            let viewer = try chain.addViewer()
            let published = chain.now
            chain.publish(.every(60))
            chain.run(for: .seconds(1)) { !viewer.log.shown.isEmpty }
            let first = try #require(viewer.log.shown.first)
            #expect(first.number == 0)
            #expect(first.at - published <= .milliseconds(100))
        }
    }
}
