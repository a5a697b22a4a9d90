// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import Testing

@testable import SkyWay

@Suite("Loss recovery towards the SFU (protocol page §7)")
struct ORTCOutgoingTests {
    private static let vp8 = RTPCodec(kind: .video, name: "VP8", payloadType: 96, clockRate: 90_000)
    private static let opus = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2)

    private func capabilities(_ change: (inout RTPCapabilities) -> Void = { _ in }) throws -> RTPCapabilities {
        var capabilities: RTPCapabilities = try Fixture.decode("router-capabilities")
        change(&capabilities)
        return capabilities
    }

    /// As OBS offers it, in whose offer there is no retransmission.
    private func outgoing(
        _ codec: RTPCodec,
        besides used: [UInt8] = [96, 111],
        _ change: (inout RTPCapabilities) -> Void = { _ in }
    ) throws -> RTPCodec {
        try #require(ORTC.outgoing(codec, capabilities: capabilities(change), besides: used))
    }

    @Test("the router's media codecs have their retransmissions' payload types")
    func listed() throws {
        #expect(
            try capabilities().mediaCodecs(.video).map(\.retransmissionPayloadType) == [
                102, 104, 106, 108, 110, 112, 114, 116,
            ]
        )
        #expect(try capabilities().mediaCodecs(.audio).map(\.retransmissionPayloadType) == [nil])
    }

    @Test("an associated payload type written as text is read too")
    func associationAsText() throws {
        let capabilities = try capabilities { capabilities in
            for index in capabilities.codecs.indices where capabilities.codecs[index].mimeType == "video/rtx" {
                capabilities.codecs[index].mimeType = "video/RTX"
                capabilities.codecs[index].parameters?["apt"] = .string("101")
            }
        }
        #expect(
            capabilities.mediaCodecs(.video).map(\.retransmissionPayloadType) == [
                102, nil, nil, nil, nil, nil, nil, nil,
            ]
        )
    }

    @Test(
        "retransmissions get a payload type that no media has",
        arguments: [
            (96, [96, 111], 97), (97, [96, 97], 98), (106, [111, 106], 96), (127, [96, 127], 97),
            (100, [], 96), (96, Array(97...126), 127),
        ] as [(UInt8, [UInt8], UInt8)]
    )
    func payloadType(media: UInt8, used: [UInt8], expected: UInt8) throws {
        var codec = Self.vp8
        codec.payloadType = media
        #expect(try outgoing(codec, besides: used).retransmissionPayloadType == expected)
    }

    @Test("a publisher's own retransmissions and feedback are not passed on")
    func ownRetransmission() throws {
        var codec = Self.vp8
        codec.retransmissionPayloadType = 105
        codec.feedback = [.receiverEstimatedMaximumBitrate, .transportWide]
        let outgoing = try outgoing(codec)
        #expect(outgoing.payloadType == 96)
        #expect(outgoing.retransmissionPayloadType == 97)
        #expect(outgoing.feedback == [.nack, .pictureLossIndication, .fullIntraRequest, .transportWide])
    }

    @Test("a router without retransmission or NACK gets neither")
    func poorRouter() throws {
        let withoutRTX = try outgoing(Self.vp8) { $0.codecs.removeAll { $0.mimeType == "video/rtx" } }
        #expect(withoutRTX.retransmissionPayloadType == nil)
        #expect(withoutRTX.feedback.first == .nack)
        let withoutNACK = try outgoing(Self.vp8) { capabilities in
            for index in capabilities.codecs.indices {
                capabilities.codecs[index].rtcpFeedback?.removeAll { $0.type == "nack" && $0.parameter.isEmpty }
            }
        }
        #expect(withoutNACK.feedback == [.pictureLossIndication, .fullIntraRequest, .transportWide])
        #expect(try outgoing(Self.opus).feedback == [.nack, .transportWide])
        #expect(try outgoing(Self.opus) { $0.codecs[0].rtcpFeedback = nil }.feedback.isEmpty)
    }

    @Test("congestion control is by arrivals, where those are not told by estimates, else not at all")
    func congestionControl() throws {
        func ways(_ change: (inout RTPCapabilities) -> Void) throws -> [String] {
            let capabilities = try capabilities(change)
            let codec = try #require(ORTC.outgoing(Self.vp8, capabilities: capabilities, besides: []))
            let extensions = ORTC.extensions(.video, capabilities: capabilities)
            let told = codec.feedback.map(\.type).filter { $0 == "transport-cc" || $0 == "goog-remb" }
            let written: [HeaderExtension] = [.absSendTime, .transportSequenceNumber]
            return told + written.filter { extensions[$0] != nil }.map(\.uri)
        }
        #expect(try ways { _ in } == ["transport-cc", HeaderExtension.transportSequenceNumber.uri])
        let withoutNumbers: (inout RTPCapabilities) -> Void = { capabilities in
            capabilities.headerExtensions?.removeAll { $0.uri == HeaderExtension.transportSequenceNumber.uri }
        }
        #expect(try ways(withoutNumbers) == ["goog-remb", HeaderExtension.absSendTime.uri])
        let withoutEither: (inout RTPCapabilities) -> Void = { capabilities in
            withoutNumbers(&capabilities)
            capabilities.headerExtensions?.removeAll { $0.uri == HeaderExtension.absSendTime.uri }
        }
        #expect(try ways(withoutEither).isEmpty)
    }

    @Test("a stream without SSRCs for them has no retransmissions declared")
    func withoutSSRC() throws {
        let stream = ORTC.Stream(codec: try outgoing(Self.vp8), mid: "1", ssrcs: [7], cname: "c")
        let parameters = try #require(ORTC.producer(for: stream, capabilities: try capabilities())).rtpParameters
        #expect(parameters.codecs.map(\.mimeType) == ["video/VP8"])
        #expect(parameters.encodings.map(\.rtx) == [nil])
    }

    @Test("a codec that the router does not list can't go out")
    func unlisted() throws {
        var codec = Self.vp8
        codec.name = "H265"
        #expect(ORTC.outgoing(codec, capabilities: try capabilities(), besides: []) == nil)
    }
}
