// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Track forwarder that waits for key frames")
struct TrackForwarderKeyFrameTests {
    @Test("nothing goes before the first key frame, nothing from before it comes after")
    func beginning() throws {
        var fixture = ForwarderFixture(waitsForKeyFrame: true)
        #expect(fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(10) == nil)
        #expect(try fixture.forward(11) == nil)
        #expect(fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(13, payload: ForwarderFixture.keyFrame)?.sequenceNumber == 5000)
        #expect(!fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(12) == nil)
        #expect(try fixture.forward(14)?.sequenceNumber == 5001)
        #expect(fixture.forwarder.counters.beforeKeyFrame == 2)
        #expect(fixture.forwarder.counters.tooLate == 1)
    }

    @Test("another source begins with a key frame; until then the former one goes on")
    func anotherSource() throws {
        var fixture = ForwarderFixture(waitsForKeyFrame: true)
        _ = try fixture.forward(10, payload: ForwarderFixture.keyFrame)
        #expect(try fixture.forward(100, ssrc: 2) == nil)
        #expect(fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(11)?.sequenceNumber == 5001)
        #expect(!fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(101, ssrc: 2) == nil)
        #expect(try fixture.forward(102, ssrc: 2, payload: ForwarderFixture.keyFrame)?.sequenceNumber == 5002)
        #expect(try fixture.forward(103, ssrc: 2)?.sequenceNumber == 5003)
        #expect(!fixture.forwarder.needsKeyFrame)
    }

    @Test("a restart begins with a key frame")
    func restart() throws {
        var fixture = ForwarderFixture(waitsForKeyFrame: true)
        _ = try fixture.forward(40_000, timestamp: 4_000_000_000, payload: ForwarderFixture.keyFrame)
        #expect(try fixture.forward(0, timestamp: 0, at: 50) == nil)
        #expect(fixture.forwarder.needsKeyFrame)
        let first = try fixture.forward(1, timestamp: 10, payload: ForwarderFixture.keyFrame, at: 60)
        #expect(first?.sequenceNumber == 5001)
    }

    @Test("after a pause the numbers of the same source go on with its next key frame")
    func pause() throws {
        var fixture = ForwarderFixture(waitsForKeyFrame: true)
        _ = try fixture.forward(10, timestamp: 1000, payload: ForwarderFixture.keyFrame, at: 0)
        fixture.forwarder.switchSource()
        #expect(fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(900, timestamp: 451_000, at: 5000) == nil)
        let next = try #require(
            try fixture.forward(901, timestamp: 451_000, payload: ForwarderFixture.keyFrame, at: 5000)
        )
        #expect(next.sequenceNumber == 5001)
        #expect(next.timestamp == 70_000 + 450_000)
        #expect(try fixture.forward(900, timestamp: 451_000, at: 5000) == nil)
    }
}
