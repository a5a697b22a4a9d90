// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

/// The abs-capture-time extension, through a publisher's and a server's session.
@Suite("Moments of capture in packets")
struct CaptureTimeTests {
    /// A stream whose packets can carry moments, from the publisher to the server.
    private struct Path {
        let pair: PublishingPair
        let stream: SendStreamIndex

        init() throws {
            let pair = try PublishingPair(seed: 21, conditions: .perfect, recovery: .plain)
            self.pair = pair
            try #require(pair.network.run(for: .seconds(20)) { pair.isConnected })
            var extensions = HeaderExtensionMap()
            extensions[.absCaptureTime] = 9
            let codec = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2)
            stream = try pair.network.left.session.addSendStream(
                SendStreamParameters(
                    kind: .audio,
                    mid: nil,
                    ssrc: 77,
                    codec: codec,
                    extensions: extensions,
                    cname: "publisher"
                )
            )
            _ = try pair.network.right.session.addReceiveTrack(
                ReceiveTrackParameters(
                    kind: .audio,
                    mid: nil,
                    codecs: [codec],
                    encodings: [RTPEncoding()],
                    extensions: extensions
                )
            )
        }

        /// Sends packets of 20 ms of sound, which were captured 35 ms before.
        func send(_ numbers: Range<Int>, isCaptureKnown: Bool, _ extensions: ForwardedExtensions? = nil) {
            for number in numbers {
                let packet = OutgoingRTP(
                    payloadType: 111,
                    marker: false,
                    sequenceNumber: UInt16(number),
                    timestamp: UInt32(number * 960),
                    extensions: extensions ?? ForwardedExtensions(),
                    capturedAt: isCaptureKnown ? pair.network.now + .milliseconds(-35) : nil
                )
                pair.network.left.send(packet, payload: [1, 2, 3], on: stream, at: pair.network.now)
                pair.network.run(for: .milliseconds(20))
            }
        }

        /// What came: when, and with what.
        var received: [(moment: MonotonicTime, extensions: ForwardedExtensions)] {
            pair.network.right.media.map { ($0.packet.receivedAt, $0.packet.extensions.forwarded) }
        }

        /// The wall clock of the pair, which both sessions have.
        func wallClock(at moment: MonotonicTime) -> NTPTime {
            let start = MonotonicTime(nanoseconds: 1_000_000_000)
            return NTPTime(unixNanoseconds: 1_790_000_000_000_000_000) + (moment - start)
        }

        func milliseconds(_ offset: Int64) -> Double { Double(offset) / 4_294_967.296 }
    }

    @Test("are told once a second where the sender does not, by our clock")
    func made() throws {
        let path = try Path()
        path.send(0..<500, isCaptureKnown: true)
        let told = path.received.filter { $0.extensions.absCaptureTimestamp != nil }
        #expect((10...11).contains(told.count))
        for packet in told {
            let timestamp = try #require(packet.extensions.absCaptureTimestamp)
            let age = Int64(bitPattern: path.wallClock(at: packet.moment).rawValue &- timestamp)
            // And 20 ms under way.
            #expect(abs(path.milliseconds(age) - 55) < 5)
        }
    }

    @Test("are not made of nothing")
    func unknown() throws {
        let path = try Path()
        path.send(0..<200, isCaptureKnown: false)
        #expect(path.received.allSatisfy { $0.extensions.absCaptureTimestamp == nil })
    }

    @Test("of the sender go on as they are, their offset against our clock")
    func forwarded() throws {
        let path = try Path()
        // A camera whose clock is an hour ahead of the publisher's, which runs as ours does.
        for second in 0..<10 {
            var extensions = ForwardedExtensions()
            extensions.absCaptureTimestamp = (path.wallClock(at: path.pair.network.now) + .seconds(3_600)).rawValue
            extensions.absCaptureClockOffset = 3_600 << 32
            path.send(second * 50..<second * 50 + 1, isCaptureKnown: true, extensions)
            path.send(second * 50 + 1..<second * 50 + 50, isCaptureKnown: true)
        }
        let told = path.received.filter { $0.extensions.absCaptureTimestamp != nil }
        #expect(told.count == 10)
        let offsets = told.compactMap(\.extensions.absCaptureClockOffset)
        #expect(offsets.count >= 8)
        #expect(offsets.allSatisfy { abs(path.milliseconds($0 &- 3_600 << 32)) < 25 })
    }

    @Test("that can't be true are left out", arguments: [0, .max, 1 << 32, 0xF000_0000 << 32] as [UInt64])
    func nonsense(timestamp: UInt64) throws {
        let path = try Path()
        path.send(0..<150, isCaptureKnown: true)
        var extensions = ForwardedExtensions()
        extensions.absCaptureTimestamp = timestamp
        extensions.absCaptureClockOffset = 0
        path.send(150..<200, isCaptureKnown: true, extensions)
        #expect(path.received.count == 200)
        #expect(path.received.dropFirst(150).allSatisfy { $0.extensions.absCaptureTimestamp == nil })
    }
}
