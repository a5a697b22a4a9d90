// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Opus on its way")
struct SoundForwardingTests {
    /// Forwards packets of Opus from payload type 111 to 100.
    private struct Fixture {
        var forwarder: TrackForwarder
        private var first: OutgoingRTP?

        init() {
            func opus(_ payloadType: UInt8) -> RTPCodec {
                RTPCodec(kind: .audio, name: "opus", payloadType: payloadType, clockRate: 48_000, channels: 2)
            }
            var numbers = SplitMix64(seed: 1)
            forwarder = TrackForwarder(
                ForwardingConfiguration(from: opus(111), to: opus(100), waitsForKeyFrame: false, using: &numbers)
            )
        }

        /// Forwards one packet, made and sent at so many milliseconds; its numbers are counted from the first one's.
        mutating func forward(
            _ number: UInt16,
            at milliseconds: Int,
            level: UInt8? = nil,
            isStart: Bool = false,
            payload length: Int = 80
        ) throws -> (step: Int, ticks: Int, packet: OutgoingRTP) {
            var header = try RTPHeader.sample(number, timestamp: UInt32(truncatingIfNeeded: milliseconds * 48))
            header.payloadType = 111
            header.marker = isStart
            var extensions = PacketExtensions()
            extensions.forwarded.audioLevel = level
            let packet = ReceivedPacket(
                header: header,
                payload: header.headerLength..<header.headerLength + length,
                extensions: extensions,
                track: TrackIndex(0),
                encoding: EncodingIndex(0),
                stream: ReceiveStreamIndex(0),
                receivedAt: .milliseconds(milliseconds)
            )
            let forwarded = forwarder.forward(packet, InspectedPayload([]), at: .milliseconds(milliseconds))
            let out = try #require(forwarded).packet
            if first == nil { first = out }
            let begin = try #require(first)
            let ticks = Int(Int32(bitPattern: out.timestamp &- begin.timestamp))
            return (Int(out.sequenceNumber &- begin.sequenceNumber), ticks, out)
        }
    }

    @Test("Silence that is left out (DTX) is no loss: numbers go on by one, timestamps by the pause")
    func discontinuousTransmission() throws {
        var fixture = Fixture()
        // Talk, a packet of comfort noise in 400 ms, talk again.
        let moments = [0, 20, 40, 440, 840, 1_240, 1_260]
        for (index, moment) in moments.enumerated() {
            let isNoise = (3...4).contains(index)
            let out = try fixture.forward(
                UInt16(truncatingIfNeeded: 65_533 + index),
                at: moment,
                isStart: index == 5,
                payload: isNoise ? 1 : 80
            )
            #expect(out.step == index)
            #expect(out.ticks == moment * 48)
            #expect(out.packet.marker == (index == 5))
        }
        #expect(fixture.forwarder.counters.sourceChanges == 0)
    }

    @Test("A pause of any length is kept", arguments: [30_000, 600_000, 50_000_000])
    func longPause(milliseconds: Int) throws {
        var fixture = Fixture()
        _ = try fixture.forward(1, at: 0)
        let out = try fixture.forward(2, at: milliseconds)
        #expect(out.step == 1)
        #expect(UInt32(truncatingIfNeeded: out.ticks) == UInt32(truncatingIfNeeded: milliseconds * 48))
        #expect(fixture.forwarder.counters.sourceChanges == 0)
    }

    @Test("The level of each packet goes with it, and none is made up")
    func levels() throws {
        var fixture = Fixture()
        let levels: [UInt8?] = [0x80 | 12, 127, nil, 40]
        for (index, level) in levels.enumerated() {
            let out = try fixture.forward(UInt16(index), at: index * 20, level: level)
            #expect(out.packet.extensions.audioLevel == level)
        }
    }
}
