// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Track forwarder")
struct TrackForwarderTests {
    typealias Step = ForwarderFixture.Step

    @Test(
        "every packet goes to its own place, once",
        arguments: [
            ([10, 11, 12], [0, 1, 2]),
            // gaps stay gaps
            ([10, 13, 14], [0, 3, 4]),
            // reordering and duplicates
            ([10, 12, 11, 13], [0, 2, 1, 3]),
            ([10, 11, 11, 10, 12], [0, 1, nil, nil, 2]),
            ([10, 13, 11, 12, 11, 14], [0, 3, 1, 2, nil, 4]),
            // the first ones overtook each other
            ([12, 10, 11, 13], [0, -2, -1, 1]),
            ([0, 65_535, 1], [0, -1, 1]),
            // the wrap
            ([65_534, 65_535, 0, 1], [0, 1, 2, 3]),
            ([65_534, 0, 65_535, 1], [0, 2, 1, 3]),
            // long loss, still within what receivers take for loss
            ([10, 3009, 3010, 1500], [0, 2999, 3000, 1490]),
        ] as [([Step], [Int?])]
    )
    func places(steps: [Step], expected: [Int?]) throws {
        var fixture = ForwarderFixture()
        #expect(try fixture.numbers(of: steps) == expected)
    }

    @Test(
        "padding leaves no gap, and what is late keeps its place",
        arguments: [
            ([10, .padding(11), 12], [0, nil, 1]),
            ([10, .padding(11), .padding(12), .padding(13), 14, 15], [0, nil, nil, nil, 1, 2]),
            // before the first packet
            ([.padding(8), .padding(9), 10], [nil, nil, 0]),
            // late packets from before the padding
            ([10, .padding(13), 14, 11, 12, 15], [0, nil, 3, 1, 2, 4]),
            ([10, .padding(12), .padding(14), 15, 13, 11], [0, nil, nil, 3, 2, 1]),
            // padding that is late itself: its place was given to the packets behind it
            ([10, 12, .padding(11), 13], [0, 2, nil, 3]),
            // a long probe counts as one move of the places
            ([10, 12] + (13..<60).map { .padding($0) } + [60, 11], [0, 2] + (13..<60).map { _ in nil } + [3, 1]),
            // padding twice, and over the wrap
            ([65_535, .padding(0), .padding(0), 1], [0, nil, nil, 1]),
        ] as [([Step], [Int?])]
    )
    func padding(steps: [Step], expected: [Int?]) throws {
        var fixture = ForwarderFixture()
        #expect(try fixture.numbers(of: steps) == expected)
    }

    @Test(
        "another source goes on with the next number",
        arguments: [
            ([10, 11, .other(60_000), .other(60_001)], [0, 1, 2, 3]),
            // loss just before the change stays a gap as long as nobody fills it
            ([10, 13, .other(7), .other(8)], [0, 3, 4, 5]),
            // stragglers of the former source: in their own place, or nowhere
            ([10, 13, .other(7), 11, 12, 11, .other(8)], [0, 3, 4, 1, 2, nil, 5]),
            ([10, 11, .other(7), 12, 13, .other(8)], [0, 1, 2, nil, nil, 3]),
            // what the new source's first packet overtook has no place left
            ([10, 11, .other(7), .other(6), .other(8)], [0, 1, 2, nil, 3]),
            // padding does not make a source
            ([10, .padding(11), .other(7)], [0, nil, 1]),
        ] as [([Step], [Int?])]
    )
    func sources(steps: [Step], expected: [Int?]) throws {
        var fixture = ForwarderFixture()
        #expect(try fixture.numbers(of: steps) == expected)
    }

    @Test("payload type, marker, timestamp and end-to-end extensions go along")
    func fields() throws {
        var fixture = ForwarderFixture()
        var header = try RTPHeader.sample(10, timestamp: 4_294_967_000)
        header.marker = true
        var extensions = PacketExtensions()
        extensions.forwarded.audioLevel = 7
        extensions.absSendTime = 9
        let forwarded = fixture.forward(header, extensions: extensions)
        let first = try #require(forwarded)
        #expect(first.payloadType == 101)
        #expect(first.marker)
        #expect(first.sequenceNumber == 5000)
        #expect(first.timestamp == 70_000)
        #expect(first.extensions.audioLevel == 7)
        header.sequenceNumber = 11
        header.timestamp &+= 3000
        header.marker = false
        let following = fixture.forward(header)
        let second = try #require(following)
        #expect(second.timestamp == 73_000)
        #expect(!second.marker)
        #expect(fixture.forwarder.counters.forwarded == 2)
    }

    @Test("a payload type that is not in the table is dropped without a gap")
    func unknownPayloadType() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(10)
        let header = try RTPHeader.sample(11, payloadType: 127)
        let dropped = fixture.forward(header)
        #expect(dropped == nil)
        #expect(try fixture.forward(12)?.sequenceNumber == 5001)
        #expect(fixture.forwarder.counters.unknownPayloadType == 1)
    }

    @Test("when the source changes, the timestamp goes on by the time that passed")
    func timestampOfAnotherSource() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(10, timestamp: 1000, at: 0)
        _ = try fixture.forward(11, timestamp: 4000, at: 33)
        let first = try #require(try fixture.forward(7, timestamp: 99, ssrc: 2, at: 133))
        #expect(first.timestamp == 73_000 + 9000)
        let next = try #require(try fixture.forward(8, timestamp: 3099, ssrc: 2, at: 166))
        #expect(next.timestamp == 85_000)
        // At the very same moment it moves on all the same.
        let third = try #require(try fixture.forward(1, timestamp: 5, ssrc: 3, at: 166))
        #expect(third.timestamp == 85_001)
        #expect(fixture.forwarder.counters.sourceChanges == 2)
    }

    @Test("where others have fed the stream before, its numbers and its time go on")
    func goesOn() throws {
        var former = ForwarderFixture(waitsForKeyFrame: true)
        _ = try former.forward(10, timestamp: 1000, payload: ForwarderFixture.keyFrame, at: 0)
        _ = try former.forward(12, timestamp: 4000, at: 33)
        var next = ForwarderFixture(waitsForKeyFrame: true, firstSequenceNumber: 9, firstTimestamp: 9)
        next.forwarder = TrackForwarder(next.forwarder.configuration, after: former.forwarder.newest)
        #expect(try next.forward(60_000, timestamp: 77, at: 10_000) == nil)
        let first = try #require(
            try next.forward(60_001, timestamp: 77, payload: ForwarderFixture.keyFrame, at: 10_033)
        )
        #expect(first.sequenceNumber == 5003)
        #expect(first.timestamp == 73_000 + 900_000)
        // What the new source sent before can't have a place among what the former one sent.
        #expect(try next.forward(59_999, timestamp: 1, at: 10_040) == nil)
    }

    @Test("a former source may take over again once its stragglers can't be under way any more")
    func takingOverAgain() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(10, at: 0)
        _ = try fixture.forward(7, timestamp: 500, ssrc: 2, at: 100)
        #expect(try fixture.forward(11, at: 599) == nil)
        #expect(fixture.forwarder.counters.formerSource == 1)
        #expect(try fixture.forward(12, at: 600)?.sequenceNumber == 5002)
    }

    @Test("what is too old for its place to be known is dropped")
    func tooLate() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(10)
        _ = try fixture.forward(2900)
        #expect(try fixture.forward(852) == nil)
        #expect(fixture.forwarder.counters.tooLate == 1)
        #expect(try fixture.forward(853)?.sequenceNumber == 5843)
        // Each lone padding packet moves the places; only the last sixteen moves are known.
        for index: UInt16 in 0..<17 {
            _ = try fixture.forward(3000 + 2 * index, payload: ForwarderFixture.padding)
            _ = try fixture.forward(3001 + 2 * index)
        }
        #expect(try fixture.forward(2999) == nil)
        #expect(fixture.forwarder.counters.tooLate == 2)
    }

    @Test("what is left out on purpose leaves no gap, nor does what was lost between two such packets")
    func leftOut() throws {
        var fixture = ForwarderFixture()
        #expect(try fixture.numbers(of: [10, 11]) == [0, 1])
        // 12 and 15 are lost.
        for number: UInt16 in [13, 14, 16, 17] {
            fixture.forwarder.skip(try RTPHeader.sample(number, timestamp: 1_000))
        }
        #expect(try fixture.numbers(of: [18, 19]) == [3, 4])
        // What was lost before has its place, what was lost between has none.
        #expect(try fixture.numbers(of: [15, 12, 14, 20]) == [nil, 2, nil, 5])
    }
}
