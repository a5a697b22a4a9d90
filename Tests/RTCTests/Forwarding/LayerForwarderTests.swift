// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Layer forwarder")
struct LayerForwarderTests {
    /// A forwarder of three layers whose clocks and numbers begin where they like.
    struct Fixture {
        static let bases: [(ssrc: UInt32, sequenceNumber: UInt16, timestamp: UInt32)] = [
            (11, 65_500, 4_294_900_000), (22, 100, 70_000), (33, 40_000, 3_000_000_000),
        ]
        var forwarder: LayerForwarder

        init(
            layer: UInt8,
            firstSequenceNumber: UInt16 = 5_000,
            firstTimestamp: UInt32 = 4_294_960_000,
            after newest: TrackForwarder.Head? = nil
        ) {
            var numbers = SplitMix64(seed: 1)
            var configuration = ForwardingConfiguration(
                from: RTPCodec(kind: .video, name: "VP8", payloadType: 96, clockRate: 90_000),
                to: RTPCodec(kind: .video, name: "VP8", payloadType: 101, clockRate: 90_000),
                waitsForKeyFrame: true,
                using: &numbers
            )
            configuration.firstSequenceNumber = firstSequenceNumber
            configuration.firstTimestamp = firstTimestamp
            forwarder = LayerForwarder(configuration, layer: EncodingIndex(layer), after: newest)
        }

        /// The one packet of a picture of a layer; pictures come 30 a second, `delay` milliseconds late.
        static func packet(
            _ picture: Int,
            of layer: UInt8,
            isKeyFrame: Bool = false,
            delay: Int = 0
        ) throws -> (ReceivedPacket, InspectedPayload) {
            let base = Self.bases[Int(layer)]
            let header = try RTPHeader.sample(
                base.sequenceNumber &+ UInt16(truncatingIfNeeded: picture),
                timestamp: base.timestamp &+ UInt32(truncatingIfNeeded: picture * 3_000),
                ssrc: base.ssrc
            )
            let payload = isKeyFrame ? ForwarderFixture.keyFrame : ForwarderFixture.delta
            let packet = ReceivedPacket(
                header: header,
                payload: header.headerLength..<(header.headerLength + payload.count),
                extensions: PacketExtensions(),
                track: TrackIndex(0),
                encoding: EncodingIndex(layer),
                stream: ReceiveStreamIndex(Int(layer)),
                receivedAt: MonotonicTime.milliseconds(picture * 100 / 3 + delay)
            )
            return (packet, InspectedPayload(PayloadFormat.vp8.content(of: payload.span.bytes)))
        }

        /// Forwards the packet of a picture.
        mutating func forward(
            _ picture: Int,
            of layer: UInt8,
            isKeyFrame: Bool = false,
            delay: Int = 0
        ) throws -> OutgoingRTP? {
            let (packet, inspected) = try Self.packet(picture, of: layer, isKeyFrame: isKeyFrame, delay: delay)
            return forwarder.forward(packet, inspected, at: packet.receivedAt)?.packet
        }

        /// Selects a layer, told by reports how its timestamps lie to those of the present one.
        mutating func select(_ layer: UInt8, after current: UInt8, isReported: Bool = true) {
            forwarder.select(EncodingIndex(layer))
            let (from, to) = (Self.bases[Int(current)], Self.bases[Int(layer)])
            let shift = TimestampShift(from: from.ssrc, to: to.ssrc, ticks: from.timestamp &- to.timestamp)
            forwarder.align(isReported ? shift : nil)
        }
    }

    @Test("the present layer goes on until a key frame of the other one begins, without a gap or a step back")
    func change() throws {
        var fixture = Fixture(layer: 0)
        var out: [OutgoingRTP] = []
        for picture in 0..<60 {
            if picture == 20 { fixture.select(2, after: 0) }
            if picture == 40 { fixture.select(1, after: 2) }
            for layer: UInt8 in [0, 1, 2] {
                // Key frames of the first and, once asked for, of the other layers; the last one a while later.
                let isKeyFrame = [[0, 0], [25, 2], [50, 1]].contains([picture, Int(layer)])
                if let packet = try fixture.forward(picture, of: layer, isKeyFrame: isKeyFrame) { out.append(packet) }
            }
            if picture == 24 { #expect(fixture.forwarder.current == EncodingIndex(0)) }
            if picture == 24 || picture == 49 { #expect(fixture.forwarder.needsKeyFrame) }
            if picture == 25 { #expect(fixture.forwarder.current == EncodingIndex(2)) }
        }
        // In the pictures of the changes the former layer's packet came first.
        #expect(out.count == 61)
        #expect(out.map(\.sequenceNumber) == (0..<61).map { 5_000 + UInt16($0) })
        let first = try #require(out.first).timestamp
        let steps = out.map { Int32(bitPattern: $0.timestamp &- first) }
        let pictures = Array(0...25) + Array(25..<60)
        let expected = pictures.map { $0 * 3_000 }
        #expect(zip(steps, expected).allSatisfy { abs(Int($0) - $1) <= 2 })
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 })
        #expect(fixture.forwarder.current == EncodingIndex(1) && !fixture.forwarder.needsKeyFrame)
    }

    @Test("without reports, or with such that can't be true, the time that passed tells", arguments: [0, 1])
    func arrival(reported: Int) throws {
        var fixture = Fixture(layer: 0)
        let first = try #require(try fixture.forward(0, of: 0, isKeyFrame: true))
        fixture.select(1, after: 0, isReported: false)
        if reported == 1 { fixture.forwarder.align(TimestampShift(from: 11, to: 22, ticks: 1 << 30)) }
        // Ten pictures later, and 10 ms late.
        let second = try #require(try fixture.forward(10, of: 1, isKeyFrame: true, delay: 10))
        #expect(Int32(bitPattern: second.timestamp &- first.timestamp) == 30_000 - 30 + 900)
        #expect(second.sequenceNumber == first.sequenceNumber + 1)
    }

    @Test("where reports are known, what the network does to a key frame does not show in its timestamp")
    func alignment() throws {
        var fixture = Fixture(layer: 0)
        let first = try #require(try fixture.forward(0, of: 0, isKeyFrame: true))
        fixture.select(1, after: 0)
        let second = try #require(try fixture.forward(10, of: 1, isKeyFrame: true, delay: 200))
        #expect(second.timestamp &- first.timestamp == 30_000)
        // A key frame from before what was sent goes right after it, and the next one to its own moment again.
        fixture.select(2, after: 1)
        let third = try #require(try fixture.forward(8, of: 2, isKeyFrame: true, delay: 300))
        #expect(third.timestamp &- first.timestamp == 30_001)
        fixture.select(0, after: 2)
        let fourth = try #require(try fixture.forward(12, of: 0, isKeyFrame: true))
        #expect(fourth.timestamp &- first.timestamp == 36_000)
    }

    @Test("what is late of the former layer goes to its own place, what is newer of it nowhere")
    func stragglers() throws {
        var fixture = Fixture(layer: 0)
        _ = try fixture.forward(0, of: 0, isKeyFrame: true)
        _ = try fixture.forward(1, of: 0)
        _ = try fixture.forward(4, of: 0)
        fixture.select(1, after: 0)
        _ = try fixture.forward(5, of: 1, isKeyFrame: true)
        #expect(try fixture.forward(2, of: 0, delay: 100)?.sequenceNumber == 5_002)
        #expect(try fixture.forward(2, of: 0, delay: 100) == nil)
        #expect(try fixture.forward(5, of: 0) == nil)
        #expect(try fixture.forward(6, of: 1)?.sequenceNumber == 5_006)
        #expect(fixture.forwarder.takes(EncodingIndex(0), at: .milliseconds(1_000)))
        #expect(!fixture.forwarder.takes(EncodingIndex(0), at: .milliseconds(1_200)))
        #expect(!fixture.forwarder.takes(EncodingIndex(2), at: .milliseconds(200)))
    }

    @Test("a key frame of the former layer that comes late begins nothing, a new one does")
    func lateKeyFrame() throws {
        var fixture = Fixture(layer: 0)
        _ = try fixture.forward(0, of: 0, isKeyFrame: true)
        _ = try fixture.forward(3, of: 0)
        fixture.select(1, after: 0)
        _ = try fixture.forward(4, of: 1, isKeyFrame: true)
        fixture.select(0, after: 1)
        #expect(try fixture.forward(2, of: 0, isKeyFrame: true, delay: 100)?.sequenceNumber == 5_002)
        #expect(fixture.forwarder.current == EncodingIndex(1))
        #expect(try fixture.forward(5, of: 1)?.sequenceNumber == 5_005)
        #expect(try fixture.forward(6, of: 0, isKeyFrame: true)?.sequenceNumber == 5_006)
        #expect(fixture.forwarder.current == EncodingIndex(0))
    }

    @Test("a change that is taken back before its key frame leaves the present layer alone")
    func takenBack() throws {
        var fixture = Fixture(layer: 0)
        _ = try fixture.forward(0, of: 0, isKeyFrame: true)
        fixture.select(2, after: 0)
        #expect(try fixture.forward(1, of: 2) == nil)
        fixture.forwarder.select(EncodingIndex(0))
        #expect(!fixture.forwarder.needsKeyFrame)
        #expect(try fixture.forward(1, of: 2, isKeyFrame: true) == nil)
        #expect(try fixture.forward(1, of: 0)?.sequenceNumber == 5_001)
    }

    @Test("any number of changes keeps the order, wherever numbers wrap", arguments: 0..<50 as Range<UInt64>)
    func order(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        var fixture = Fixture(
            layer: 0,
            firstSequenceNumber: .random(in: 64_000 ... .max, using: &numbers),
            firstTimestamp: .random(in: 4_294_000_000 ... .max, using: &numbers)
        )
        var wanted: UInt8 = 0
        var out: [OutgoingRTP] = []
        for picture in 0..<600 {
            if Int.random(in: 0..<20, using: &numbers) == 0, let current = fixture.forwarder.current {
                wanted = UInt8.random(in: 0...2, using: &numbers)
                fixture.select(wanted, after: current.rawValue, isReported: Bool.random(using: &numbers))
            }
            for layer: UInt8 in [0, 1, 2].shuffled(using: &numbers) {
                let isKeyFrame = picture == 0 || layer == wanted && Int.random(in: 0..<5, using: &numbers) == 0
                let delay = Int.random(in: 0...10, using: &numbers)
                if let packet = try fixture.forward(picture, of: layer, isKeyFrame: isKeyFrame, delay: delay) {
                    out.append(packet)
                }
            }
        }
        #expect(out.count >= 600)
        for (earlier, later) in zip(out, out.dropFirst()) {
            #expect(later.sequenceNumber == earlier.sequenceNumber &+ 1)
            let step = Int32(bitPattern: later.timestamp &- earlier.timestamp)
            #expect(step > 0 && step <= 6_000)
        }
    }
}
