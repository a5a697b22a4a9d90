// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Layers that go out beside each other, each in a stream of its own.
@Suite("The timebase of layers")
struct TimestampAlignmentTests {
    private typealias Fixture = LayerForwarderTests.Fixture

    /// Two streams that begin at random, each with a layer.
    private struct Streams {
        var first = Fixture(layer: 0, firstSequenceNumber: 5_000, firstTimestamp: 4_294_960_000)
        var second = Fixture(layer: 1, firstSequenceNumber: 9_000, firstTimestamp: 77)

        /// Forwards the packet of a picture of either layer to its stream; a layer that begins is laid beside the other.
        mutating func forward(
            _ picture: Int,
            of layer: UInt8,
            isKeyFrame: Bool = false,
            delay: Int = 0,
            shift: TimestampShift? = nil
        ) throws -> OutgoingRTP? {
            let (packet, inspected) = try Fixture.packet(
                picture,
                of: layer,
                isKeyFrame: isKeyFrame,
                delay: delay
            )
            let now = packet.receivedAt
            guard layer == 1 else { return first.forwarder.forward(packet, inspected, at: now)?.packet }
            if isKeyFrame, !second.forwarder.isAligned(packet.header.ssrc),
                let alignment = first.forwarder.alignment(of: packet, shift: shift)
            {
                second.forwarder.align(alignment)
            }
            return second.forwarder.forward(packet, inspected, at: now)?.packet
        }
    }

    @Test("by how the layers lie to each other, whatever the network does to the key frame that a layer begins with")
    func reported() throws {
        var streams = Streams()
        let (low, high) = (Fixture.bases[0], Fixture.bases[1])
        let shift = TimestampShift(from: low.ssrc, to: high.ssrc, ticks: low.timestamp &- high.timestamp)
        let first = try #require(try streams.forward(0, of: 0, isKeyFrame: true))
        _ = try streams.forward(9, of: 0)
        let second = try #require(try streams.forward(10, of: 1, isKeyFrame: true, delay: 180, shift: shift))
        #expect(second.timestamp &- first.timestamp == 30_000)
        #expect(second.sequenceNumber == 9_000)
    }

    @Test("by the time that passed, where that is not known or can't be true", arguments: [false, true])
    func arrival(reported: Bool) throws {
        var streams = Streams()
        let shift = TimestampShift(from: Fixture.bases[0].ssrc, to: Fixture.bases[1].ssrc, ticks: 1 << 30)
        let first = try #require(try streams.forward(0, of: 0, isKeyFrame: true))
        let second = try #require(
            try streams.forward(10, of: 1, isKeyFrame: true, delay: 10, shift: reported ? shift : nil)
        )
        #expect(second.timestamp &- first.timestamp == 30_000 - 30 + 900)
    }

    @Test("a stream that was held back goes on at a key frame where its layer lies, with the next number")
    func resumed() throws {
        var streams = Streams()
        _ = try streams.forward(0, of: 0, isKeyFrame: true)
        let before = try #require(try streams.forward(1, of: 1, isKeyFrame: true))
        streams.second.forwarder.resume()
        #expect(streams.second.forwarder.needsKeyFrame)
        #expect(try streams.forward(100, of: 1) == nil)
        let after = try #require(try streams.forward(101, of: 1, isKeyFrame: true, delay: 300))
        #expect(after.sequenceNumber == before.sequenceNumber + 1)
        #expect(after.timestamp &- before.timestamp == 300_000)
        #expect(try streams.forward(102, of: 1)?.sequenceNumber == before.sequenceNumber + 2)
    }

    @Test("beside a stream that rests, by the same: it goes on there later", arguments: [false, true])
    func resting(reported: Bool) throws {
        var streams = Streams()
        let (low, high) = (Fixture.bases[0], Fixture.bases[1])
        let shift = TimestampShift(from: low.ssrc, to: high.ssrc, ticks: low.timestamp &- high.timestamp)
        let first = try #require(try streams.forward(0, of: 0, isKeyFrame: true))
        streams.first.forwarder.resume()
        let second = try #require(
            try streams.forward(60, of: 1, isKeyFrame: true, delay: 10, shift: reported ? shift : nil)
        )
        #expect(second.timestamp &- first.timestamp == 180_000 + (reported ? 0 : 900))
        let later = try #require(try streams.forward(90, of: 0, isKeyFrame: true, delay: 20))
        #expect(later.timestamp &- first.timestamp == 270_000)
    }

    @Test("beside where a stream stands that another source fed, by the time that passed")
    func takenOver() throws {
        var streams = Streams()
        let first = try #require(try streams.forward(0, of: 0, isKeyFrame: true))
        streams.first = Fixture(layer: 0, after: streams.first.forwarder.newest)
        #expect(!streams.first.forwarder.isRunning)
        let second = try #require(try streams.forward(60, of: 1, isKeyFrame: true))
        #expect(second.timestamp &- first.timestamp == 180_000 && second.sequenceNumber == 9_000)
    }

    @Test("nothing is laid beside a stream that has not begun, and what has begun stays where it is")
    func begun() throws {
        var streams = Streams()
        let (packet, _) = try Fixture.packet(0, of: 1, isKeyFrame: true)
        #expect(streams.first.forwarder.alignment(of: packet, shift: nil) == nil)
        let second = try #require(try streams.forward(0, of: 1, isKeyFrame: true))
        #expect(second.timestamp == 77)
        _ = try streams.forward(1, of: 0, isKeyFrame: true)
        let third = try #require(try streams.forward(2, of: 1, isKeyFrame: true))
        #expect(third.timestamp == 77 + 6_000)
    }
}
