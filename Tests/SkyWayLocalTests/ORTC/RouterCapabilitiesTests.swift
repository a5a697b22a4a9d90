// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §7.1.
@Suite struct RouterCapabilitiesTests {
    private let capabilities = ORTC.routerCapabilities(RouterCodec.standard)

    @Test("Payload types count up from 100, each video codec followed by its retransmission format")
    func payloadTypes() {
        #expect(
            capabilities.codecs.map { "\($0.preferredPayloadType ?? 0) \($0.mimeType)" } == [
                "100 audio/opus", "101 video/VP8", "102 video/rtx", "103 video/H264", "104 video/rtx",
                "105 video/H264", "106 video/rtx", "107 video/H264", "108 video/rtx", "109 video/H264",
                "110 video/rtx", "111 video/H264", "112 video/rtx", "113 video/H264", "114 video/rtx",
                "115 video/VP9", "116 video/rtx",
            ]
        )
        for (codec, next) in zip(capabilities.codecs, capabilities.codecs.dropFirst()) where next.isRTX {
            #expect(next.parameters["apt"]?.integer == codec.preferredPayloadType.map(Int64.init))
        }
    }

    @Test("H264 comes in both modes with the three profiles browsers offer")
    func h264Variants() {
        let variants = capabilities.codecs.filter { $0.mimeType == "video/H264" }.map(\.parameters)
        #expect(variants.allSatisfy { $0["level-asymmetry-allowed"] == 1 })
        #expect(
            Set(variants.map { "\($0["packetization-mode"]?.text ?? "")-\($0["profile-level-id"]?.text ?? "")" }) == [
                "0-42001f", "0-42e01f", "0-4d001f", "1-42001f", "1-42e01f", "1-4d001f",
            ]
        )
    }

    @Test("Feedback is mediasoup's, that on bandwidth included")
    func feedback() {
        #expect(capabilities.codecs[0].rtcpFeedback.map { "\($0.type) \($0.parameter)" } == ["nack ", "transport-cc "])
        #expect(
            capabilities.codecs[1].rtcpFeedback.map { "\($0.type) \($0.parameter)" } == [
                "nack ", "nack pli", "ccm fir", "goog-remb ", "transport-cc ",
            ]
        )
    }

    @Test("AV1 is there only when asked for")
    func av1() {
        #expect(!capabilities.codecs.contains { $0.mimeType == "video/AV1" })
        let with = ORTC.routerCapabilities(RouterCodec.standard + [.av1])
        #expect(with.codecs.contains { $0.mimeType == "video/AV1" && $0.preferredPayloadType == 117 })
    }

    @Test(
        "Header extensions have the ids and directions of the table",
        arguments: [
            ("urn:ietf:params:rtp-hdrext:sdes:mid", 1, "sendrecv", "sendrecv"),
            ("urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", 2, nil, "recvonly"),
            ("urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", 3, nil, "recvonly"),
            ("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", 4, "sendrecv", "sendrecv"),
            (
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", 5, "recvonly", "sendrecv"
            ),
            ("http://tools.ietf.org/html/draft-ietf-avtext-framemarking-07", 6, nil, "sendrecv"),
            ("urn:ietf:params:rtp-hdrext:framemarking", 7, nil, "sendrecv"),
            ("urn:ietf:params:rtp-hdrext:ssrc-audio-level", 10, "sendrecv", nil),
            ("urn:3gpp:video-orientation", 11, nil, "sendrecv"),
            ("urn:ietf:params:rtp-hdrext:toffset", 12, nil, "sendrecv"),
            ("http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", 13, "sendrecv", "sendrecv"),
            ("http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", 14, "sendrecv", "sendrecv"),
        ] as [(String, UInt8, String?, String?)]
    )
    func headerExtensions(uri: String, id: UInt8, audio: String?, video: String?) {
        let entries = capabilities.headerExtensions.filter { $0.uri == uri }
        #expect(entries.allSatisfy { $0.preferredId == id && $0.preferredEncrypt == false })
        #expect(entries.first { $0.kind == .audio }?.direction?.rawValue == audio)
        #expect(entries.first { $0.kind == .video }?.direction?.rawValue == video)
    }
}
