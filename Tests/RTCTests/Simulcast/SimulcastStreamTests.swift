// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

/// Two layers of one picture through a simulated network.
@Suite("Streams of simulcast layers")
struct SimulcastStreamTests {
    private func connectedPair() throws -> PublishingPair {
        let pair = try PublishingPair(seed: 11, conditions: .perfect, recovery: .layers)
        try #require(pair.network.run(for: .seconds(20)) { pair.isConnected })
        return pair
    }

    private func encodings(_ pair: PublishingPair) -> [UInt8] {
        pair.network.right.media.map(\.packet.encoding.rawValue)
    }

    /// A stream of the layer “0” in place of the pair's, with another SSRC or without names.
    private func replace(_ pair: PublishingPair, ssrc: UInt32, rid: String?) throws -> SendStreamIndex {
        pair.network.left.session.removeSendStream(pair.stream)
        var extensions = HeaderExtensionMap()
        if rid != nil { extensions[.rtpStreamID] = 2 }
        return try pair.network.left.session.addSendStream(
            SendStreamParameters(
                kind: .video,
                mid: nil,
                rid: rid,
                ssrc: ssrc,
                codec: RTPCodec(kind: .video, name: "VP8", payloadType: 96, clockRate: 90_000),
                extensions: extensions,
                cname: "publisher"
            )
        )
    }

    @Test("names need to be on the first packets only")
    func first() throws {
        let pair = try connectedPair()
        pair.send(0..<10)
        let unnamed = try replace(pair, ssrc: PublishingPair.ssrc, rid: nil)
        for number in 10..<20 { pair.send(number, on: unnamed) }
        pair.network.run(for: .milliseconds(100))
        #expect(pair.receivedNumbers == Array(0..<20))
        #expect(encodings(pair).allSatisfy { $0 == 0 })
    }

    @Test("a new SSRC with the RID goes on with the layer; one without it is dropped")
    func change() throws {
        let pair = try connectedPair()
        pair.send(0..<10)
        let unnamed = try replace(pair, ssrc: 99, rid: nil)
        for number in 10..<15 { pair.send(number, on: unnamed) }
        let named = try replace(pair, ssrc: 100, rid: "0")
        for number in 15..<20 { pair.send(number, on: named) }
        pair.network.run(for: .milliseconds(100))
        #expect(pair.receivedNumbers == Array(0..<10) + Array(15..<20))
        #expect(encodings(pair).allSatisfy { $0 == 0 })
        #expect(pair.network.right.session.statistics.drops[.unknownStream] == 5)
    }

    @Test("key frames are asked for layer by layer")
    func keyFrames() throws {
        let pair = try connectedPair()
        let low = try #require(pair.lowStream)
        pair.send(0..<4)
        pair.send(4, on: low)
        pair.network.run(for: .milliseconds(100))
        pair.network.right.session.requestKeyFrame(of: pair.video, encoding: EncodingIndex(1), at: pair.network.now)
        pair.network.run(for: .milliseconds(100))
        let asked = pair.network.left.events.compactMap { event -> SendStreamIndex? in
            if case .keyFrameRequested(let stream) = event { stream } else { nil }
        }
        #expect(asked == [low])
    }

    @Test("layers that count from one beginning are aligned by one report for all, or none")
    func reports() throws {
        let pair = try connectedPair()
        let low = try #require(pair.lowStream)
        let server = pair.network.right
        let shift = { server.session.timestampShift(of: pair.video, from: EncodingIndex(0), to: EncodingIndex(1)) }
        func send(_ numbers: Range<Int>) {
            for number in numbers {
                pair.send(number, on: pair.stream)
                pair.send(number, on: low)
            }
            pair.network.run(for: .milliseconds(100))
        }
        // Whose report it is stands in the clear (RFC 3711 §3.4).
        pair.network.forward.rewrite = { datagram in
            let isReport = datagram.count > 8 && datagram[1] == 200
            return isReport && datagram.span.bytes.uint32(at: 4) == PublishingPair.lowSSRC ? nil : datagram
        }
        #expect(shift() == nil)
        send(0..<200)
        #expect(shift() == TimestampShift(from: PublishingPair.ssrc, to: PublishingPair.lowSSRC, ticks: 0))
        pair.network.forward.rewrite = { $0 }
        send(200..<400)
        let found = try #require(shift())
        // Both count from the same moment; a report's moment is exact to a few milliseconds here.
        #expect(Int32(bitPattern: found.ticks).magnitude < 1_800)
    }
}
