// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// One track as the session is told of it.
struct AgreedTrack: Sendable, CustomTestStringConvertible {
    var offer: String
    var kind: MediaKind
    var payloadType: UInt8
    var retransmission: UInt8?
    var ssrcs: [UInt32?]
    var feedback: [RTCPFeedback]
    var transportSequenceNumber: UInt8?
    var answersReferenceTimes = false

    var testDescription: String { "\(offer), \(kind)" }

    private static let libwebrtc: [RTCPFeedback] = [
        .receiverEstimatedMaximumBitrate, .transportWide, .fullIntraRequest, .nack, .pictureLossIndication,
    ]

    private init(
        _ offer: String,
        _ kind: MediaKind,
        _ payloadType: UInt8,
        rtx: UInt8? = nil,
        _ ssrcs: [UInt32?],
        _ feedback: [RTCPFeedback] = [],
        twcc: UInt8? = nil,
        xr: Bool = false
    ) {
        self.offer = offer
        self.kind = kind
        self.payloadType = payloadType
        self.retransmission = rtx
        self.ssrcs = ssrcs
        self.feedback = feedback
        transportSequenceNumber = twcc
        answersReferenceTimes = xr
    }

    /// SSRCs are those of media and of retransmission by turns.
    static let all = [
        AgreedTrack("aiortc1.16", .audio, 96, [2_226_420_306, nil]),
        AgreedTrack(
            "aiortc1.16",
            .video,
            97,
            rtx: 98,
            [2_667_794_981, 522_746_605],
            [.nack, .pictureLossIndication, .receiverEstimatedMaximumBitrate]
        ),
        AgreedTrack("chromium156", .audio, 111, [1_409_567_398, nil], [.transportWide], twcc: 3, xr: true),
        AgreedTrack("chromium156", .video, 108, rtx: 109, [19_082_355, 605_067_161], libwebrtc, twcc: 3, xr: true),
        AgreedTrack("chromium156-audio", .audio, 111, [350_562_830, nil], [.transportWide], twcc: 3, xr: true),
        AgreedTrack(
            "chromium156-av1",
            .video,
            45,
            rtx: 46,
            [337_193_327, 3_730_127_394],
            libwebrtc,
            twcc: 3,
            xr: true
        ),
        AgreedTrack(
            "chromium156-simulcast-vp8",
            .video,
            96,
            rtx: 97,
            [nil, nil, nil, nil, nil, nil],
            libwebrtc,
            twcc: 3,
            xr: true
        ),
        AgreedTrack("ffmpeg9-default-passive", .audio, 111, [2_623_527_107, nil]),
        AgreedTrack("ffmpeg9-default-passive", .video, 106, rtx: 105, [2_623_527_108, 2_623_527_109], [.nack]),
        AgreedTrack("gstreamer1.22-webrtcbin", .audio, 97, rtx: 99, [1_386_652_588, 1_644_912_869], [.nack]),
        AgreedTrack(
            "gstreamer1.22-webrtcbin",
            .video,
            96,
            rtx: 98,
            [723_475_005, 2_592_712_337],
            [.nack, .pictureLossIndication, .fullIntraRequest]
        ),
        AgreedTrack(
            "libwebrtc-m152-all",
            .video,
            96,
            rtx: 97,
            [3_625_822_841, 479_681_983],
            libwebrtc,
            twcc: 4,
            xr: true
        ),
        AgreedTrack("obs-30.2-constructed", .audio, 111, [1_429_465_102, nil]),
        AgreedTrack(
            "obs-30.2-constructed",
            .video,
            96,
            [1_429_465_103, nil],
            [.nack, .pictureLossIndication, .fullIntraRequest, .receiverEstimatedMaximumBitrate]
        ),
        AgreedTrack(
            "obs-32.1-simulcast-constructed",
            .video,
            96,
            [nil, nil, nil, nil, nil, nil],
            [.nack, .pictureLossIndication, .fullIntraRequest, .receiverEstimatedMaximumBitrate]
        ),
    ]
}

@Suite("What a session is told of a publisher's tracks")
struct AgreedTracksTests {
    @Test("has payload types, SSRCs and feedback as they were agreed on", arguments: AgreedTrack.all)
    func tracks(expected: AgreedTrack) throws {
        let answer = try NegotiatedAnswerTests.answer(SDPSamples.offer(expected.offer))
        let track = try #require(answer.receiveTracks.first { $0.kind == expected.kind })
        let codec = try #require(track.codecs.first)
        #expect(track.codecs.count == 1)
        #expect(codec.payloadType == expected.payloadType)
        #expect(codec.retransmissionPayloadType == expected.retransmission)
        #expect(track.encodings.flatMap { [$0.ssrc, $0.retransmissionSSRC] } == expected.ssrcs)
        #expect(codec.feedback == expected.feedback)
        #expect(track.extensions[.transportSequenceNumber] == expected.transportSequenceNumber)
        #expect(track.sendsReceiverReferenceTimes == expected.answersReferenceTimes)
    }

    @Test(
        "takes the listed codecs in the listed order, in the profile that is listed",
        arguments: [
            (["VP8", "H264", "VP9", "AV1"], 96, 97), (["H264", "VP8"], 108, 109), (["VP9", "VP8"], 98, 99),
            (["AV1", "VP9"], 45, 46), (["H265", "AV1"], 45, 46),
        ] as [([String], UInt8, UInt8)]
    )
    func order(listed: [String], payloadType: UInt8, retransmission: UInt8) throws {
        let audio = SDPSamples.routerCodecs.filter { $0.kind == .audio }
        let video = listed.flatMap { name in NegotiatedAnswerTests.codecs.filter { $0.isNamed(name) } }
        let answer = try NegotiatedAnswerTests.answer(SDPSamples.offer("chromium156-all"), codecs: audio + video)
        let codec = try #require(answer.receiveTracks.last?.codecs.first)
        #expect(codec.payloadType == payloadType)
        #expect(codec.retransmissionPayloadType == retransmission)
        #expect(answer.values("m=").last?.hasSuffix(" \(payloadType) \(retransmission)") == true)
    }

    @Test(
        "refuses a codec that is not listed, and names what is",
        arguments: [
            (
                "chromium156-av1", ["VP8", "H264", "VP9"],
                "offers AV1 for video, but only VP8, H264 (packetization mode 0), H264 (packetization mode 1), VP9"
            ),
            ("chromium156-av1", ["VP8"], "offers AV1 for video, but only VP8 can be taken"),
            (
                "chromium156-vp9", ["VP8", "AV1"],
                "offers VP9, VP9 (profile 2) for video, but only VP8, AV1 can be taken"
            ),
            ("obs-30.2-constructed", ["VP9"], "H264 (packetization mode 1) for video, but only VP9 can be taken"),
        ]
    )
    func refusals(offer: String, listed: [String], sentence: String) throws {
        let text = try SDPSamples.offer(offer)
        let codecs = NegotiatedAnswerTests.codecs.filter { $0.kind == .audio || listed.contains($0.name) }
        let error = try #require(throws: SDPError.self) { try NegotiatedAnswerTests.answer(text, codecs: codecs) }
        #expect(error.code == .noCommonCodec)
        #expect(error.message.contains(sentence), "\(error.message)")
    }

    @Test(
        "sends receiver reference times where the publisher answers them",
        arguments: [
            (["a=rtcp-xr:rcvr-rtt=all"], [], "all"), (["a=rtcp-xr:rcvr-rtt=sender"], [], "sender"),
            (["a=rtcp-xr:pkt-loss-rle rcvr-rtt=all:10000"], [], "all"), ([], ["a=rtcp-xr:rcvr-rtt=all"], "all"),
            (["a=rtcp-xr:"], ["a=rtcp-xr:rcvr-rtt=all"], nil), (["a=rtcp-xr:voip-metrics"], [], nil),
            (["a=rtcp-xr:rcvr-rtt=some"], [], nil), (["a=rtcp-xr:rcvr-rtt"], [], nil), ([], [], nil),
        ] as [([String], [String], String?)]
    )
    func referenceTimes(section: [String], session: [String], mode: String?) throws {
        let offer = SDPSamples.minimalOffer(session: session, video: section)
        let answer = try NegotiatedAnswerTests.answer(offer)
        #expect(answer.values("a=rtcp-xr:") == (mode.map { ["rcvr-rtt=\($0)"] } ?? []))
        #expect(answer.receiveTracks.map(\.sendsReceiverReferenceTimes) == [mode != nil])
        let silent = try SDPSamples.answer(offer)
        #expect(silent.values("a=rtcp-xr:") == [])
        #expect(silent.receiveTracks.map(\.sendsReceiverReferenceTimes) == [false])
    }

    @Test(
        "reads feedback for all payload types once, and skips the line that some FFmpeg wrote wrong",
        arguments: [
            (["a=rtcp-fb:* nack", "a=rtcp-fb:96 nack"], ["96 nack"]),
            (["a=rtcp-fb:* nack pli", "a=rtcp-fb:* nack"], ["96 nack pli", "96 nack"]),
            (["a=rtcp-fb96 nack"], []), (["a=rtcp-fb96 nack", "a=rtcp-fb:96 nack"], ["96 nack"]),
            (["a=rtcp-fb:97 nack"], []),
            (["a=rtcp-fb:96 nack rpsi", "a=rtcp-fb:96 rrtr", "a=rtcp-fb:96 trr-int 5"], []),
        ] as [([String], [String])]
    )
    func feedbackLines(lines: [String], feedback: [String]) throws {
        let answer = try NegotiatedAnswerTests.answer(SDPSamples.minimalOffer(video: lines))
        #expect(answer.values("a=rtcp-fb:") == feedback)
    }
}
