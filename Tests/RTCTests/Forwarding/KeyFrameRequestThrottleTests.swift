// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Key-frame requests")
struct KeyFrameRequestThrottleTests {
    @Test("the first goes at once, the next after half a second")
    func throttled() {
        var throttle = KeyFrameRequestThrottle()
        expect(throttle.request(at: .milliseconds(0)))
        #expect(throttle.deadline == nil)
        expect(!throttle.request(at: .milliseconds(100)))
        expect(!throttle.request(at: .milliseconds(200)))
        #expect(throttle.deadline == .milliseconds(500))
        expect(!throttle.advance(to: .milliseconds(499)))
        expect(throttle.advance(to: .milliseconds(500)))
        #expect(throttle.deadline == nil)
        expect(!throttle.advance(to: .milliseconds(1200)))
        expect(throttle.request(at: .milliseconds(1200)))
    }

    @Test("a request that was kept and sent counts like any other")
    func keptCounts() {
        var throttle = KeyFrameRequestThrottle()
        expect(throttle.request(at: .milliseconds(0)))
        expect(!throttle.request(at: .milliseconds(100)))
        expect(throttle.advance(to: .milliseconds(510)))
        expect(!throttle.request(at: .milliseconds(900)))
        #expect(throttle.deadline == .milliseconds(1010))
    }

    @Test("a key frame that begins satisfies the request that was kept")
    func satisfied() {
        var throttle = KeyFrameRequestThrottle()
        expect(throttle.request(at: .milliseconds(0)))
        expect(!throttle.request(at: .milliseconds(100)))
        throttle.keyFrameStarted()
        #expect(throttle.deadline == nil)
        expect(!throttle.advance(to: .milliseconds(500)))
    }

    private func expect(_ condition: Bool, at location: SourceLocation = #_sourceLocation) {
        #expect(condition, sourceLocation: location)
    }
}
