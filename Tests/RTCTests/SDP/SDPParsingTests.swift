// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("Reading of session descriptions")
struct SDPParsingTests {
    private func section(_ lines: String..., session: [String] = []) throws -> SDPMediaSection {
        let offer = try SDPOffer(SDPSamples.minimalOffer(session: session, video: lines))
        return try #require(offer.description.sections.first)
    }

    @Test("reads CRLF, LF and CR the same", arguments: SDPSamples.names)
    func lineEnds(name: String) throws {
        let text = try SDPSamples.offer(name)
        let offer = try SDPOffer(text)
        let lines = text.split(separator: "\r\n")
        #expect(try SDPOffer(lines.joined(separator: "\n") + "\n") == offer)
        #expect(try SDPOffer(lines.joined(separator: "\r")) == offer)
        #expect(
            try SDPOffer("\n" + lines.joined(separator: " \r\n")).description.sections.count
                == offer.description.sections.count
        )
    }

    @Test("inherits transport attributes from the session level")
    func inheritance() throws {
        let offer = try SDPOffer(SDPSamples.offer("obs-30.2-constructed"))
        #expect(offer.description.sections.count == 2)
        for section in offer.description.sections {
            #expect(section.usernameFragment == "E8nC")
            #expect(section.password == "yKsMzvbT9rnvLrjZkPXCQF")
            #expect(section.setup == .actpass)
            #expect(section.iceOptions == ["ice2", "trickle"])
            #expect(section.fingerprints.map(\.algorithm) == [.sha256])
        }
    }

    @Test("lets an m-section overrule the session level")
    func overruling() throws {
        let section = try section(
            "a=setup:active",
            "a=ice-ufrag:wxyz",
            "a=fingerprint:sha-1 " + "0A:".repeated(19) + "0A"
        )
        #expect(section.setup == .active)
        #expect(section.usernameFragment == "wxyz")
        #expect(section.fingerprints.map(\.algorithm) == [.sha1])
    }

    @Test("takes direction from the session level where the m-section is silent")
    func direction() throws {
        let text = SDPSamples.minimalOffer(session: ["a=recvonly"])
        #expect(try SDPOffer(text).description.sections.map(\.direction) == [.sendonly])
        let silent = text.replacing("a=sendonly\r\n", with: "")
        #expect(try SDPOffer(silent).description.sections.map(\.direction) == [.recvonly])
    }

    @Test(
        "skips lines that it can't read",
        arguments: [
            "a=rtcp-fb106 nack", "a=", "a", "=", "", "x=1", "a=:", "a=candidate:", "a=extmap:0 urn:x",
            "a=extmap:15 urn:x",
            "a=extmap:4096 urn:x", "a=extmap:one urn:x", "a=extmap:3", "a=rid:1", "a=rid:ä send", "a=rid:1 sideways",
            "a=simulcast:recv 1;2", "a=ssrc:", "a=ssrc:-1 cname:x",
            "a=ssrc:4294967296 cname:x", "a=ssrc-group:FID", "a=rtpmap:96", "a=rtpmap:128 VP9/90000", "a=rtpmap:97 VP9",
            "a=rtpmap:97 VP9/0", "a=fmtp:96", "a=rtcp-fb:96", "a=fingerprint:md5 00", "a=fingerprint:sha-256 AB:CD",
            "a=mid:",
            "a=candidate:1 1 udp 2122 4f1c7a1e-7ba4.local 5000 typ host", "b=AS:2500", "i=title", "k=clear:x",
        ]
    )
    func unreadable(line: String) throws {
        #expect(try section(line) == section())
    }

    @Test("keeps the first of two extensions with one id or URI, with its direction")
    func extensions() throws {
        let section = try section(
            "a=extmap:3/sendonly urn:3gpp:video-orientation",
            "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:4 urn:3gpp:video-orientation",
            "a=extmap:200 urn:example:unknown with attributes"
        )
        #expect(
            section.extensions == [
                SDPHeaderExtension(id: 3, direction: .sendonly, uri: "urn:3gpp:video-orientation"),
                SDPHeaderExtension(id: 200, uri: "urn:example:unknown"),
            ]
        )
    }

    @Test("pairs retransmissions with their codecs and leaves out what only repairs")
    func codecs() throws {
        let section = try #require(SDPOffer(SDPSamples.offer("chromium156")).description.sections.last)
        #expect(section.codecs.map(\.payloadType) == [102, 104, 108, 114, 116, 39])
        #expect(section.codecs.map(\.retransmissionPayloadType) == [103, 107, 109, 115, 117, 40])
        let audio = try #require(SDPOffer(SDPSamples.offer("chromium156")).description.sections.first)
        #expect(
            audio.codecs.map(\.name) == ["opus", "G722", "PCMU", "PCMA", "CN", "telephone-event", "telephone-event"]
        )
        #expect(audio.codecs.first?.parameters == SDPSamples.opus.parameters)
    }

    @Test("reads format parameters with spaces, bare words and feedback for all payload types")
    func formatParameters() throws {
        let section = try section(
            "a=fmtp:96  max-fr=30; max-fs = 3600 ;bare;;",
            "a=rtcp-fb:* ccm fir",
            "a=rtcp-fb:96 nack pli"
        )
        let codec = try #require(section.codecs.first)
        #expect(
            codec.parameters == [
                FormatParameter("max-fr", "30"), FormatParameter("max-fs", "3600"), FormatParameter("bare", ""),
            ]
        )
        #expect(codec.feedback == [.fullIntraRequest, .pictureLossIndication])
    }

    @Test(
        "finds the layers that SSRCs stand for",
        arguments: [
            (["a=ssrc-group:FID 1 2", "a=ssrc:1 cname:c"], [RTPEncoding(ssrc: 1, retransmissionSSRC: 2)]),
            (["a=ssrc:7 cname:c", "a=ssrc:8 cname:c"], [RTPEncoding(ssrc: 7)]),
            (["a=ssrc-group:FEC-FR 5 6", "a=ssrc:6 cname:c", "a=ssrc:5 cname:c"], [RTPEncoding(ssrc: 5)]),
            (
                ["a=ssrc-group:SIM 1 3", "a=ssrc-group:FID 1 2", "a=ssrc-group:FID 3 4"],
                [RTPEncoding(ssrc: 1, retransmissionSSRC: 2), RTPEncoding(ssrc: 3, retransmissionSSRC: 4)]
            ),
            ([], [RTPEncoding()]),
            (["a=rid:x send", "a=simulcast:send x", "a=ssrc:9 cname:c"], [RTPEncoding(ssrc: 9, rid: "x")]),
            (["a=rid:x send", "a=rid:y send", "a=rid:z recv"], [RTPEncoding(rid: "x"), RTPEncoding(rid: "y")]),
        ]
    )
    func encodings(lines: [String], encodings: [RTPEncoding]) throws {
        let offer = try SDPOffer(SDPSamples.minimalOffer(video: lines))
        #expect(offer.description.sections.map(\.encodings) == [encodings])
    }

    @Test("takes a section on port 0 as refused unless it is bundle-only")
    func bundleOnly() throws {
        let offer = try SDPOffer(SDPSamples.offer("gstreamer1.22-webrtcbin"))
        #expect(offer.description.sections.map(\.port) == [9, 0])
        #expect(offer.description.sections.map(\.isRejected) == [false, false])
        let refused = SDPSamples.minimalOffer().replacing("m=video 9", with: "m=video 0")
        #expect(try SDPOffer(refused).description.sections.map(\.isRejected) == [true])
    }

    @Test("leaves media ids in the bundle that do not exist")
    func wrongBundle() throws {
        let text = SDPSamples.minimalOffer().replacing("BUNDLE 0", with: "BUNDLE 7 0 1")
        let answer = try SDPSamples.answer(text)
        #expect(answer.values("a=group:") == ["BUNDLE 0"])
    }

    @Test("reads bytes that are not UTF-8")
    func notUTF8() throws {
        var bytes = Array(SDPSamples.minimalOffer().utf8)
        bytes += [0x69, 0x3d, 0xff, 0xfe, 0x0d, 0x0a, 0x00]
        #expect(try SDPOffer(parsing: bytes).description.sections.count == 1)
    }

    @Test(
        "refuses what is not SDP with one sentence",
        arguments: [
            "", "\r\n", "{\"sdp\":\"v=0\"}", "<html>", "o=- 1 1", "v=1", "v=0\r\nm=video\r\n",
            "v=0\r\nm=video x RTP 96",
            "v=0\r\nm=audio 70000 UDP/TLS/RTP/SAVPF 96",
        ]
    )
    func notSDP(text: String) throws {
        let error = try #require(throws: SDPError.self) { try SDPOffer(text) }
        #expect(error.code == .malformed)
        #expect(error.isMalformed)
        #expect(error.message.hasSuffix("."))
    }

    /// More lines than a list may have.
    private static let tooMuch: [[String]] = [
        [String(repeating: "x", count: 66_000)],
        Array(repeating: "i=x", count: 2_100),
        Array(repeating: "m=video 9 UDP/TLS/RTP/SAVPF 96", count: 40),
        Array(repeating: "a=candidate:1 1 udp 1 192.0.2.1 9 typ host", count: 65),
        Array(repeating: "a=fingerprint:sha-1 " + "0A:".repeated(19) + "0A", count: 9),
        Array(repeating: "a=ssrc-group:SIM 1 2", count: 65),
        ["m=audio 9 UDP/TLS/RTP/SAVPF" + " 0".repeated(200)],
        ["a=simulcast:send 0" + (1...16).map { ";\($0)" }.joined()],
        (0..<65).map { "a=ssrc:\($0) cname:x" },
        (16..<81).map { "a=extmap:\($0) urn:example:\($0)" },
        (0..<17).map { "a=rid:\($0) send" },
    ]

    @Test("refuses more than it has bounds for", arguments: tooMuch)
    func bounds(lines: [String]) throws {
        let error = try #require(throws: SDPError.self) {
            try SDPOffer(SDPSamples.minimalOffer(video: lines))
        }
        #expect(error.code == .tooLarge)
        #expect(error.isMalformed)
    }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
