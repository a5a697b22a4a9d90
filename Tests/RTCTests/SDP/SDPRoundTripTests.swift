// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("An offer of our own and its answer")
struct SDPRoundTripTests {
    private func offer(video: [RTPCodec]) throws -> SDPLocalOffer {
        SDPLocalOffer(
            local: try SDPSamples.transport(isLite: false),
            tracks: [
                SDPOfferedTrack(mid: "0", codecs: [SDPSamples.opus], ssrc: 100, trackID: "sound"),
                SDPOfferedTrack(mid: "1", codecs: video, ssrc: 200, retransmissionSSRC: 201, trackID: "picture"),
            ],
            cname: "clip",
            streamID: "stream"
        )
    }

    private static let h264 = SDPSamples.video(
        "H264",
        type: 102,
        ["packetization-mode": "1", "profile-level-id": "42e01f", "level-asymmetry-allowed": "1"]
    )

    @Test("writes the offer line for line")
    func text() throws {
        let fingerprint = Array(repeating: "AB", count: 32).joined(separator: ":")
        let transport = [
            "a=ice-ufrag:gateway1", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=fingerprint:sha-256 \(fingerprint)",
            "a=setup:actpass", "a=rtcp-mux", "a=rtcp-rsize", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
        ]
        let offer = try offer(video: [SDPSamples.video("VP8", type: 96)])
        let expected =
            [
                "v=0", "o=- 1234 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-options:ice2 trickle",
                "a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "m=audio 40000 UDP/TLS/RTP/SAVPF 111",
                "c=IN IP4 192.0.2.10", "a=mid:0", "a=sendonly",
            ] + transport + [
                "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1", "a=msid:stream sound",
                "a=ssrc:100 cname:clip", "a=ssrc:100 msid:stream sound",
            ] + offer.local.orderedCandidates.map { "a=\($0.text)" } + [
                "a=end-of-candidates", "m=video 40000 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 192.0.2.10", "a=mid:1",
                "a=sendonly",
            ] + transport + [
                "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir",
                "a=msid:stream picture", "a=ssrc-group:FID 200 201", "a=ssrc:200 cname:clip",
                "a=ssrc:200 msid:stream picture", "a=ssrc:201 cname:clip", "a=ssrc:201 msid:stream picture",
            ]
        #expect(offer.text == expected.map { $0 + "\r\n" }.joined())
    }

    @Test(
        "agrees with the answer on streams, payload types and transport",
        arguments: [
            ([h264], 102), ([SDPSamples.video("VP8", type: 96)], 96), ([h264, SDPSamples.video("VP8", type: 96)], 96),
        ] as [([RTPCodec], UInt8)]
    )
    func agreement(video: [RTPCodec], payloadType: UInt8) throws {
        let offer = try offer(video: video)
        let answer = try SDPSamples.answer(offer.text)
        let received = try SDPReceivedAnswer(parsing: answer.text.utf8, to: offer)
        #expect(received.sendStreams.map(\.ssrc) == [100, 200])
        #expect(received.sendStreams.map(\.codec.payloadType) == [111, payloadType])
        #expect(received.sendStreams.map(\.mid) == ["0", "1"])
        #expect(received.sendStreams.map(\.extensions[.mid]) == [1, 1])
        #expect(received.sendStreams.last?.codec.feedback == [.pictureLossIndication, .fullIntraRequest])
        #expect(received.sendStreams.last?.retransmissionSSRC == nil)
        #expect(received.remote.credentials.usernameFragment == "gateway1")
        #expect(received.remote.isLite)
        #expect(received.remote.localRole == .client)
        #expect(answer.remote.localRole == .server)
        #expect(received.remote.candidates == offer.local.orderedCandidates)
        #expect(received.remote.fingerprints == [offer.local.fingerprint])
        #expect(answer.receiveTracks.map(\.encodings) == [[RTPEncoding(ssrc: 100)], [RTPEncoding(ssrc: 200)]])
        #expect(answer.receiveTracks.map(\.cname) == ["clip", "clip"])
    }

    @Test(
        "leaves out what the answer refused or wants nothing of",
        arguments: [
            ("m=audio 40000", "m=audio 0"), ("a=recvonly\r\na=ice-ufrag", "a=inactive\r\na=ice-ufrag"),
        ]
    )
    func refusedTrack(replaced: String, replacement: String) throws {
        let offer = try offer(video: [Self.h264])
        let text = try SDPSamples.answer(offer.text).text.replacing(replaced, with: replacement, maxReplacements: 1)
        let received = try SDPReceivedAnswer(parsing: text.utf8, to: offer)
        #expect(received.sendStreams.map(\.ssrc) == [200])
    }

    @Test(
        "refuses an answer that does not fit",
        arguments: [
            ("m=audio", "x=audio", .unexpectedAnswer), ("a=mid:0", "a=mid:1", .unexpectedAnswer),
            ("setup:passive", "setup:actpass", .unexpectedAnswer), ("a=recvonly", "a=sendonly", .unexpectedAnswer),
            ("rtpmap:111 opus", "rtpmap:111 pcmu", .unexpectedAnswer), ("a=ice-pwd", "a=x", .missingCredentials),
            ("a=fingerprint", "a=x", .missingFingerprint), ("v=0", "", .malformed),
        ] as [(String, String, SDPError.Code)]
    )
    func misfit(replaced: String, replacement: String, code: SDPError.Code) throws {
        let offer = try offer(video: [Self.h264])
        let text = try SDPSamples.answer(offer.text).text.replacing(replaced, with: replacement)
        let error = try #require(throws: SDPError.self) { try SDPReceivedAnswer(parsing: text.utf8, to: offer) }
        #expect(error.code == code)
    }
}
