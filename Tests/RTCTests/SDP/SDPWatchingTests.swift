// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("Answers to viewers")
struct SDPWatchingTests {
    private static let h264 = SDPSamples.video("H264", ["packetization-mode": "1", "profile-level-id": "42e01f"])
    private static let audio = SDPSource(
        codec: SDPSamples.opus,
        ssrc: 11,
        cname: "pub",
        streamID: "live",
        trackID: "sound"
    )
    private static let video = SDPSource(
        codec: h264,
        ssrc: 22,
        retransmissionSSRC: 23,
        cname: "pub",
        streamID: "live",
        trackID: "picture"
    )

    /// Chromium's offer turned into that of a viewer.
    private func viewer(_ change: (String) -> String = { $0 }) throws -> SDPOffer {
        let text = try SDPSamples.offer("chromium156").split(separator: "\r\n").filter { line in
            !["a=ssrc", "a=msid"].contains { line.hasPrefix($0) }
        }
        return try SDPOffer(change(text.joined(separator: "\n").replacing("a=sendonly", with: "a=recvonly")))
    }

    @Test("sends in the viewer's payload types and extension ids, with the source's names")
    func both() throws {
        let answer = try SDPAnswer.sending([Self.audio, Self.video], to: viewer(), local: SDPSamples.transport())
        #expect(answer.values("m=") == ["audio 40000 UDP/TLS/RTP/SAVPF 111", "video 40000 UDP/TLS/RTP/SAVPF 108"])
        #expect(answer.values("a=sendonly").count == 2)
        #expect(answer.values("a=mid:") == ["0", "1"])
        #expect(answer.values("a=msid:") == ["live sound", "live picture"])
        #expect(
            answer.values("a=ssrc:") == ["11 cname:pub", "11 msid:live sound", "22 cname:pub", "22 msid:live picture"]
        )
        #expect(answer.values("a=fmtp:111") == [" minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"])
        #expect(
            answer.values("a=extmap:") == [
                "1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "4 urn:ietf:params:rtp-hdrext:sdes:mid",
                "13 urn:3gpp:video-orientation", "5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
                "4 urn:ietf:params:rtp-hdrext:sdes:mid",
            ]
        )
        #expect(answer.receiveTracks.isEmpty)
        #expect(answer.sendStreams.map(\.ssrc) == [11, 22])
        #expect(answer.sendStreams.map(\.codec.payloadType) == [111, 108])
        #expect(answer.sendStreams.map(\.retransmissionSSRC) == [nil, nil])
        #expect(answer.sendStreams.map(\.mid) == ["0", "1"])
        #expect(answer.sendStreams.last?.codec.feedback == [.fullIntraRequest, .pictureLossIndication])
        #expect(answer.sendStreams.last?.extensions[.rtpStreamID] == nil)
        #expect(answer.remote.localRole == .server)
    }

    @Test("announces retransmissions where they are switched on")
    func retransmission() throws {
        var features = SDPMediaFeatures()
        features.usesRetransmission = true
        features.usesNACK = true
        let answer = try SDPAnswer.sending(
            [Self.audio, Self.video],
            to: viewer(),
            features: features,
            local: SDPSamples.transport()
        )
        #expect(answer.values("m=").last == "video 40000 UDP/TLS/RTP/SAVPF 108 109")
        #expect(answer.values("a=ssrc-group:") == ["FID 22 23"])
        #expect(answer.sendStreams.map(\.retransmissionSSRC) == [nil, 23])
        #expect(answer.sendStreams.last?.codec.retransmissionPayloadType == 109)
    }

    @Test("keeps a section without a stream in the bundle, inactive")
    func videoOnly() throws {
        let answer = try SDPAnswer.sending([Self.video], to: viewer(), local: SDPSamples.transport())
        #expect(answer.values("a=group:") == ["BUNDLE 0 1"])
        #expect(answer.lines(ofSection: 0).contains("a=inactive"))
        #expect(answer.lines(ofSection: 0).contains("m=audio 40000 UDP/TLS/RTP/SAVPF 111"))
        #expect(answer.lines(ofSection: 0).contains("a=end-of-candidates"))
        #expect(answer.lines(ofSection: 1).contains("a=sendonly"))
        #expect(answer.sendStreams.map(\.mid) == ["1"])
    }

    @Test("leaves a refused section refused and out of the bundle")
    func refusedSection() throws {
        let offer = try viewer { $0.replacing("m=audio 42021", with: "m=audio 0") }
        let answer = try SDPAnswer.sending([Self.audio, Self.video], to: offer, local: SDPSamples.transport())
        #expect(answer.values("a=group:") == ["BUNDLE 1"])
        #expect(
            answer.lines(ofSection: 0) == [
                "m=audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "c=IN IP4 0.0.0.0", "a=mid:0", "a=inactive",
            ]
        )
        #expect(answer.lines(ofSection: 1).contains("a=end-of-candidates"))
    }

    @Test("gives each stream one section, and each section one stream")
    func twoSections() throws {
        let offer = try viewer { $0.replacing("m=audio", with: "m=video") }
        #expect(offer.description.tracks.map(\.kind) == [.video, .video])
        let answer = try SDPAnswer.sending([Self.video], to: offer, local: SDPSamples.transport())
        #expect(answer.sendStreams.map(\.mid) == ["1"])
    }

    @Test("sends High to a viewer that lists Constrained Baseline in mode 1")
    func nearestProfile() throws {
        var source = Self.video
        source.codec = SDPSamples.video("H264", ["packetization-mode": "1", "profile-level-id": "640028"])
        let answer = try SDPAnswer.sending([source], to: viewer(), local: SDPSamples.transport())
        #expect(answer.sendStreams.map(\.codec.payloadType) == [108])
    }

    @Test("refuses a viewer that can play nothing, receives nothing or has no media")
    func refusals() throws {
        func code(_ sources: [SDPSource], _ change: (String) -> String) throws -> SDPError.Code {
            let offer = try viewer(change)
            return try #require(throws: SDPError.self) {
                try SDPAnswer.sending(sources, to: offer, local: SDPSamples.transport())
            }.code
        }
        var vp9 = Self.video
        vp9.codec = SDPSamples.video("VP9")
        #expect(try code([vp9]) { $0 } == .noCommonCodec)
        #expect(try code([Self.video]) { $0.replacing("a=recvonly", with: "a=sendonly") } == .inadmissibleDirection)
        #expect(try code([Self.video]) { $0.replacing("m=", with: "x=") } == .noMedia)
        #expect(try code([Self.video]) { $0.replacing("a=fingerprint", with: "a=x") } == .missingFingerprint)
    }
}
