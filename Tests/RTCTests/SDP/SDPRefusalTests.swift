// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import Testing

/// One change to an offer of FFmpeg, and what it is refused for.
struct Refusal: Sendable, CustomTestStringConvertible {
    var what: String
    var code: SDPError.Code
    var replaced: [(String, String)]

    var testDescription: String { what }

    init(_ what: String, _ code: SDPError.Code, _ replaced: (String, String)...) {
        self.what = what
        self.code = code
        self.replaced = replaced
    }

    /// FFmpeg's offer with the change.
    func offer() throws -> String {
        let text = try SDPSamples.offer("ffmpeg9-default-passive")
        return replaced.reduce(text) { text, change in
            let parts = text.components(separatedBy: change.0)
            precondition(parts.count > 1, "the offer has no \(change.0)")
            return parts.joined(separator: change.1)
        }
    }

    static let all = [
        Refusal("no m-sections", .noMedia, ("m=", "x=")),
        Refusal("only data", .noMedia, ("m=audio", "m=application"), ("m=video", "m=application")),
        Refusal("all refused", .noMedia, ("m=audio 9", "m=audio 0"), ("m=video 9", "m=video 0")),
        Refusal("two videos", .secondTrack, ("m=audio", "m=video")),
        Refusal("two audios", .secondTrack, ("m=video", "m=audio")),
        Refusal("recvonly", .inadmissibleDirection, ("a=sendonly", "a=recvonly")),
        Refusal("inactive", .inadmissibleDirection, ("a=sendonly", "a=inactive")),
        Refusal("two streams", .secondStream, ("a=msid:FFmpeg video", "a=msid:Other video")),
        Refusal("no ufrag", .missingCredentials, ("a=ice-ufrag", "a=x-ufrag")),
        Refusal("no password", .missingCredentials, ("a=ice-pwd", "a=x-pwd")),
        Refusal("a short password", .missingCredentials, ("c985d936bbde6f317e1a156215b8136b", "short")),
        Refusal("no fingerprint", .missingFingerprint, ("a=fingerprint", "a=x-fingerprint")),
        Refusal("an unknown hash", .missingFingerprint, ("sha-256", "md5")),
        Refusal("no RTCP multiplexing", .unsupportedTransport, ("a=rtcp-mux\r\n", "")),
        Refusal("plain RTP", .unsupportedTransport, ("UDP/TLS/RTP/SAVPF", "RTP/AVP")),
        Refusal("SDES", .unsupportedTransport, ("UDP/TLS/RTP/SAVPF", "RTP/SAVPF")),
        Refusal("an end that only answers checks", .unsupportedTransport, ("t=0 0", "t=0 0\r\na=ice-lite")),
        Refusal(
            "no bundle that a port of 0 could be in",
            .noMedia,
            ("a=group:BUNDLE 0 1\r\n", ""),
            ("m=audio 9", "m=audio 0"),
            ("m=video 9", "m=video 0"),
            ("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=bundle-only\r\n")
        ),
        Refusal(
            "two transports",
            .notBundled,
            ("a=group:BUNDLE 0 1\r\n", ""),
            ("a=mid:1", "a=mid:1\r\na=ice-ufrag:other")
        ),
        Refusal("no codec in common", .noCommonCodec, ("H264", "H265")),
        Refusal("no readable codec", .noCommonCodec, ("a=rtpmap", "a=x-rtpmap")),
        Refusal(
            "H264 that is not listed in mode 0",
            .noCommonCodec,
            ("packetization-mode=1;profile-level-id=42001e", "profile-level-id=64001e")
        ),
        Refusal("an Opus of six channels", .noCommonCodec, ("opus/48000/2", "opus/48000/6")),
    ]
}

@Suite("Refusal of offers")
struct SDPRefusalTests {
    @Test("says why an offer can't publish, in one sentence", arguments: Refusal.all)
    func refused(refusal: Refusal) throws {
        let offer = try refusal.offer()
        let error = try #require(throws: SDPError.self) { try SDPSamples.answer(offer) }
        #expect(error.code == refusal.code, "\(error)")
        #expect(!error.isMalformed)
        #expect(error.message.hasSuffix(".") && error.message.count < 240)
    }

    @Test("can judge all but codecs before the router is known", arguments: Refusal.all)
    func early(refusal: Refusal) throws {
        let offer = try SDPOffer(refusal.offer())
        if refusal.code == .noCommonCodec {
            try offer.checkPublishing()
        } else {
            #expect(throws: SDPError.self) { try offer.checkPublishing() }
        }
    }

    @Test("names what is offered and what could be taken")
    func message() throws {
        let text = try SDPSamples.offer("obs-30.2-constructed").replacing("H264/90000", with: "H265/90000")
        let error = try #require(throws: SDPError.self) { try SDPSamples.answer(text) }
        #expect(error.message.contains("offers H265 for video"))
        #expect(error.message.contains("VP8, H264 (packetization mode 0), H264 (packetization mode 1), VP9"))
    }

    @Test("takes two sections without a bundle that share their credentials")
    func sharedWithoutBundle() throws {
        let text = try SDPSamples.offer("obs-30.2-constructed").replacing("a=group:BUNDLE 0 1\r\n", with: "")
        let answer = try SDPSamples.answer(text)
        #expect(answer.values("a=group:").isEmpty)
        #expect(answer.values("a=end-of-candidates").count == 2)
    }

    @Test("answers a data channel beside the tracks with a refused section")
    func dataChannel() throws {
        let text = SDPSamples.minimalOffer(video: ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:d"])
        let answer = try SDPSamples.answer(text)
        #expect(
            answer.lines(ofSection: 1) == [
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:d", "a=inactive",
            ]
        )
        #expect(answer.receiveTracks.count == 1)
    }

    @Test("takes an offer without mid, setup and SSRC")
    func bare() throws {
        var text = SDPSamples.minimalOffer()
        for line in ["a=mid:0\r\n", "a=setup:actpass\r\n", "a=group:BUNDLE 0\r\n"] {
            text = text.replacing(line, with: "")
        }
        let answer = try SDPSamples.answer(text)
        #expect(answer.values("a=setup:") == ["passive"])
        #expect(answer.values("a=mid:").isEmpty)
        #expect(answer.receiveTracks.map(\.encodings) == [[RTPEncoding()]])
    }

    @Test("says stereo back as a receiver, and nothing of the sender's own stream")
    func echoedParameters() throws {
        let gstreamer = try SDPSamples.offer("gstreamer1.22-webrtcbin").replacing(
            "sprop-stereo=0",
            with: "sprop-stereo=1"
        )
        #expect(
            try SDPSamples.answer(gstreamer).values("a=fmtp:") == [
                "97 sprop-stereo=1;sprop-maxcapturerate=48000;stereo=1"
            ]
        )
        let obs = try SDPSamples.offer("obs-30.2-constructed")
            .replacing("packetization-mode=1;", with: "packetization-mode=1;sprop-parameter-sets=Z0LA,aM4;")
        let answer = try SDPSamples.answer(obs)
        #expect(
            answer.values("a=fmtp:96") == [" profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"]
        )
        #expect(answer.receiveTracks.last?.codecs.first?.parameter("sprop-parameter-sets") == "Z0LA,aM4")
    }

    @Test("writes no answer that FFmpeg could not read")
    func longAnswer() throws {
        let text = SDPSamples.minimalOffer(video: ["a=fmtp:96 x=" + String(repeating: "y", count: 9_000)])
        let error = try #require(throws: SDPError.self) { try SDPSamples.answer(text) }
        #expect(error.code == .tooLarge)
    }
}
