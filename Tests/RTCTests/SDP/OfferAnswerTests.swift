// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

/// What the answer to one offer has to say.
struct ExpectedAnswer: Sendable, CustomTestStringConvertible {
    var offer: String
    var setup = "passive"
    var bundle = "0 1"
    var audio: String?
    var video: String
    var mids = ["0", "1"]
    var audioExtensions: [String] = []
    var videoExtensions: [String] = []
    var videoFeedback: [String] = []
    var audioFormat: [String] = []
    var videoFormat: [String] = []
    var simulcast: [String] = []
    var reducedSections = 0

    var testDescription: String { offer }

    private static let chromiumVideoExtensions = [
        "13 urn:3gpp:video-orientation", "5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
        "4 urn:ietf:params:rtp-hdrext:sdes:mid", "10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    ]
    private static let chromium = ExpectedAnswer(
        offer: "chromium156",
        audio: "111",
        video: "108",
        audioExtensions: ["1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "4 urn:ietf:params:rtp-hdrext:sdes:mid"],
        videoExtensions: chromiumVideoExtensions,
        videoFeedback: ["108 ccm fir", "108 nack pli"],
        audioFormat: ["111 minptime=10;useinbandfec=1"],
        videoFormat: ["108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"],
        reducedSections: 2
    )
    private static let ffmpeg = ExpectedAnswer(
        offer: "ffmpeg9-dtls-active",
        audio: "111",
        video: "106",
        videoFormat: ["106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001e"],
        reducedSections: 1
    )
    private static let obs = ExpectedAnswer(
        offer: "obs-30.2-constructed",
        audio: "111",
        video: "96",
        videoFeedback: ["96 nack pli", "96 ccm fir"],
        audioFormat: ["111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1"],
        videoFormat: ["96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"]
    )

    private func with(_ offer: String, _ change: (inout ExpectedAnswer) -> Void) -> ExpectedAnswer {
        var copy = self
        copy.offer = offer
        change(&copy)
        return copy
    }

    static let all = [
        chromium,
        chromium.with("chromium156-simulcast-h264") { $0.simulcast = ["q", "h", "f"] },
        chromium.with("chromium156-simulcast-vp8") {
            $0.video = "96"
            $0.videoFeedback = ["96 ccm fir", "96 nack pli"]
            $0.videoFormat = []
            $0.simulcast = ["q", "h", "f"]
        },
        ffmpeg.with("ffmpeg9-default-passive") { $0.setup = "active" },
        ffmpeg,
        ExpectedAnswer(
            offer: "gstreamer1.22-webrtcbin",
            bundle: "video0 audio1",
            audio: "97",
            video: "96",
            mids: ["video0", "audio1"],
            videoFeedback: ["96 nack pli", "96 ccm fir"],
            audioFormat: ["97 sprop-stereo=0;sprop-maxcapturerate=48000"],
            reducedSections: 2
        ),
        obs.with("libdatachannel-mbedtls") { $0.videoFeedback = ["96 nack pli"] },
        chromium.with("libwebrtc-m152") {
            $0.bundle = "0"
            $0.audio = nil
            $0.video = "102"
            $0.mids = ["0"]
            $0.audioExtensions = []
            $0.videoExtensions = [
                "3 urn:3gpp:video-orientation", "5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
                "9 urn:ietf:params:rtp-hdrext:sdes:mid", "10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            ]
            $0.videoFeedback = ["102 ccm fir", "102 nack pli"]
            $0.audioFormat = []
            $0.videoFormat = ["102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"]
            $0.reducedSections = 1
        },
        obs,
        obs.with("obs-32.1-simulcast-constructed") {
            $0.videoExtensions = [
                "1 urn:ietf:params:rtp-hdrext:sdes:mid", "2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            ]
            $0.simulcast = ["0", "1", "2"]
        },
    ]
}

@Suite("Answers to the offers of real publishers, with nothing but forwarding switched on")
struct OfferAnswerTests {
    @Test("keeps payload types, extension ids, mids and order", arguments: ExpectedAnswer.all)
    func answer(expected: ExpectedAnswer) throws {
        let answer = try SDPSamples.answer(SDPSamples.offer(expected.offer))
        #expect(answer.values("a=mid:") == expected.mids)
        #expect(answer.values("a=group:") == ["BUNDLE \(expected.bundle)"])
        let audio = expected.audio.map { ["audio 40000 UDP/TLS/RTP/SAVPF \($0)"] } ?? []
        let video = ["video 40000 UDP/TLS/RTP/SAVPF \(expected.video)"]
        #expect(answer.values("m=") == (expected.mids[0] == "video0" ? video + audio : audio + video))
        #expect(answer.values("a=extmap:") == expected.audioExtensions + expected.videoExtensions)
        #expect(answer.values("a=rtcp-fb:") == expected.videoFeedback)
        let formats = [expected.audioFormat, expected.videoFormat]
        #expect(
            answer.values("a=fmtp:") == (expected.mids[0] == "video0" ? formats.reversed() : formats).flatMap(\.self)
        )
    }

    @Test("says the right role, direction and RTCP transport in each section", arguments: ExpectedAnswer.all)
    func sections(expected: ExpectedAnswer) throws {
        let answer = try SDPSamples.answer(SDPSamples.offer(expected.offer))
        let count = expected.mids.count
        #expect(answer.values("a=setup:") == Array(repeating: expected.setup, count: count))
        #expect(answer.remote.localRole == (expected.setup == "active" ? .client : .server))
        #expect(answer.values("a=recvonly").count == count)
        #expect(answer.values("a=ice-ufrag:") == Array(repeating: "gateway1", count: count))
        #expect(answer.values("a=fingerprint:").count == count)
        #expect(answer.lines.count { $0 == "a=rtcp-mux" } == count)
        #expect(answer.lines.count { $0 == "a=rtcp-mux-only" } == count)
        #expect(answer.lines.count { $0 == "a=rtcp-rsize" } == expected.reducedSections)
    }

    @Test("lists host candidates by UDP in the given order, then those by TCP, once", arguments: ExpectedAnswer.all)
    func candidates(expected: ExpectedAnswer) throws {
        let answer = try SDPSamples.answer(SDPSamples.offer(expected.offer))
        let addresses = answer.values("a=candidate:").map { candidate in
            let fields = candidate.split(separator: " ")
            return [fields[2], fields[4], fields[5], fields[7]].joined(separator: " ")
        }
        #expect(
            addresses == [
                "udp 192.0.2.10 40000 host", "udp 127.0.0.1 40000 host", "udp 2001:db8::10 40000 host",
                "tcp 192.0.2.10 40000 host",
            ]
        )
        #expect(answer.lines(ofSection: 0).last == "a=end-of-candidates")
        #expect(answer.values("a=ice-lite").count == 1)
    }

    @Test("mirrors every simulcast layer in order", arguments: ExpectedAnswer.all)
    func layers(expected: ExpectedAnswer) throws {
        let answer = try SDPSamples.answer(SDPSamples.offer(expected.offer))
        let list = expected.simulcast.joined(separator: ";")
        #expect(answer.values("a=simulcast:") == (list.isEmpty ? [] : ["recv \(list)"]))
        #expect(answer.values("a=rid:") == expected.simulcast.map { "\($0) recv" })
        let track = try #require(answer.receiveTracks.first { $0.kind == .video })
        #expect(track.encodings.compactMap(\.rid) == expected.simulcast)
        #expect(track.encodings.count == max(expected.simulcast.count, 1))
    }

    @Test("uses CRLF alone and stays below 8 KiB, beginning with v=0", arguments: ExpectedAnswer.all)
    func form(expected: ExpectedAnswer) throws {
        let text = try SDPSamples.answer(SDPSamples.offer(expected.offer)).text
        #expect(text.hasPrefix("v=0\r\n"))
        #expect(text.hasSuffix("\r\n"))
        #expect(text.utf8.count < 2_048)
        #expect(text.utf8.count { $0 == 0x0d } == text.utf8.count { $0 == 0x0a })
        #expect(text.split(separator: "\r\n").allSatisfy { !$0.utf8.contains(0x0d) && !$0.utf8.contains(0x0a) })
    }

    @Test("tells the session what will arrive")
    func tracks() throws {
        let answer = try SDPSamples.answer(SDPSamples.offer("chromium156"))
        let audio = try #require(answer.receiveTracks.first)
        #expect(audio.kind == .audio)
        #expect(audio.mid == "0")
        #expect(audio.codecs.map(\.payloadType) == [111])
        #expect(audio.codecs.map(\.channels) == [2])
        #expect(audio.encodings == [RTPEncoding(ssrc: 1_409_567_398)])
        #expect(audio.extensions[.audioLevel] == 1)
        #expect(audio.extensions[.mid] == 4)
        #expect(audio.extensions[.absSendTime] == nil)
        #expect(audio.cname == "X7KN83rA6fgyyhha")
        let video = try #require(answer.receiveTracks.last)
        #expect(video.codecs.map(\.retransmissionPayloadType) == [nil])
        #expect(video.codecs.map(\.feedback) == [[.fullIntraRequest, .pictureLossIndication]])
        #expect(video.encodings == [RTPEncoding(ssrc: 19_082_355)])
        #expect(video.extensions[.rtpStreamID] == 10)
        #expect(video.extensions[.repairedRTPStreamID] == nil)
        #expect(answer.remote.candidates.map(\.address.port) == [42_021, 9])
        #expect(answer.remote.credentials.usernameFragment == "YN44")
    }
}
