// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import Testing

@testable import SkyWay

@Suite("RTP parameters towards the SFU (protocol page §7)")
struct ORTCTests {
    private func capabilities() throws -> RTPCapabilities {
        try Fixture.decode("router-capabilities")
    }

    private static func h264(_ profile: String, mode: Int?, payloadType: UInt8 = 96) -> RTPCodec {
        var parameters = [FormatParameter("profile-level-id", profile)]
        if let mode { parameters.append(FormatParameter("packetization-mode", "\(mode)")) }
        return RTPCodec(
            kind: .video,
            name: "H264",
            payloadType: payloadType,
            clockRate: 90_000,
            parameters: parameters
        )
    }

    private static func video(_ name: String, _ parameters: [FormatParameter] = []) -> RTPCodec {
        RTPCodec(kind: .video, name: name, payloadType: 98, clockRate: 90_000, parameters: parameters)
    }

    private static let opus = RTPCodec(
        kind: .audio,
        name: "opus",
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: [FormatParameter("minptime", "10"), FormatParameter("useinbandfec", "1")]
    )

    @Test("media codecs are listed in the router's order, without retransmission")
    func listed() throws {
        let codecs = try capabilities().mediaCodecs(.video)
        #expect(codecs.map(\.name) == ["VP8", "H264", "H264", "H264", "H264", "H264", "H264", "VP9"])
        #expect(try capabilities().mediaCodecs(.audio).map(\.channels) == [2])
    }

    @Test(
        "an offered codec is taken when the router has it",
        arguments: [
            ([opus], "opus"),
            ([video("VP8")], "VP8"),
            ([video("VP9", [FormatParameter("profile-id", "0")])], "VP9"),
            ([video("VP9")], "VP9"),
            ([video("VP9", [FormatParameter("profile-id", "2")])], nil),
            ([video("AV1")], nil),
            ([video("H265")], nil),
            ([h264("42e01f", mode: 1)], "H264"),
            ([h264("640032", mode: 1)], "H264"),
            ([h264("f4001f", mode: 1)], "H264"),
            ([h264("42e01f", mode: 0)], "H264"),
            ([h264("640032", mode: 0)], nil),
            ([h264("640032", mode: nil)], nil),
            ([video("H265"), h264("64001f", mode: 1)], "H264"),
            ([RTPCodec(kind: .audio, name: "opus", payloadType: 1, clockRate: 48_000, channels: 1)], nil),
            ([], nil),
        ] as [([RTPCodec], String?)]
    )
    func choice(offered: [RTPCodec], expected: String?) throws {
        #expect(ORTC.choose(from: offered, capabilities: try capabilities())?.name == expected)
    }

    @Test(
        "H264 in mode 1 is declared as the nearest profile that the router lists",
        arguments: [
            ("42e01f", "42e01f"), ("42c01e", "42e01f"), ("42001f", "42001f"), ("4d001f", "4d001f"),
            ("640032", "42e01f"), ("64001f", "42e01f"), ("f4001f", "42e01f"),
        ]
    )
    func declaredProfile(offered: String, declared: String) throws {
        let stream = ORTC.Stream(codec: Self.h264(offered, mode: 1), mid: "1", ssrcs: [1], cname: "c")
        let producer = try #require(ORTC.producer(for: stream, capabilities: try capabilities()))
        let parameters = try #require(producer.rtpParameters.codecs.first).parameters
        #expect(
            parameters == [
                "packetization-mode": 1, "profile-level-id": .string(declared), "level-asymmetry-allowed": 1,
            ]
        )
    }

    @Test("a video producer is what the protocol page shows")
    func videoProducer() throws {
        let offered = Self.h264("42e01f", mode: 1)
        let codec = try #require(ORTC.outgoing(offered, capabilities: try capabilities(), besides: [96, 111]))
        let stream = ORTC.Stream(
            codec: codec,
            mid: "1",
            ssrcs: [11_111_111],
            retransmissionSSRCs: [11_111_112],
            cname: "obs-1"
        )
        let producer = try #require(ORTC.producer(for: stream, capabilities: try capabilities()))
        let expected: JSONValue = [
            "kind": "video", "appData": [:],
            "rtpParameters": [
                "mid": "1",
                "codecs": [
                    [
                        "mimeType": "video/H264", "payloadType": 96, "clockRate": 90_000,
                        "parameters": [
                            "packetization-mode": 1, "profile-level-id": "42e01f", "level-asymmetry-allowed": 1,
                        ],
                        "rtcpFeedback": [
                            ["type": "nack", "parameter": ""], ["type": "nack", "parameter": "pli"],
                            ["type": "ccm", "parameter": "fir"], ["type": "transport-cc", "parameter": ""],
                        ],
                    ],
                    [
                        "mimeType": "video/rtx", "payloadType": 97, "clockRate": 90_000, "parameters": ["apt": 96],
                        "rtcpFeedback": [],
                    ],
                ],
                "headerExtensions": [
                    ["uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "id": 1, "encrypt": false, "parameters": [:]],
                    [
                        "uri": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", "id": 5,
                        "encrypt": false, "parameters": [:],
                    ],
                    ["uri": "urn:3gpp:video-orientation", "id": 11, "encrypt": false, "parameters": [:]],
                    [
                        "uri": "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", "id": 13,
                        "encrypt": false, "parameters": [:],
                    ],
                    [
                        "uri": "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", "id": 14,
                        "encrypt": false, "parameters": [:],
                    ],
                ],
                "encodings": [["ssrc": 11_111_111, "rtx": ["ssrc": 11_111_112]]],
                "rtcp": ["cname": "obs-1", "reducedSize": true],
            ],
        ]
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(producer)) == expected)
    }

    @Test("an audio producer says two channels, stereo and NACK")
    func audioProducer() throws {
        var codec = Self.opus
        codec.parameters.append(FormatParameter("stereo", "1"))
        codec.parameters.append(FormatParameter("maxplaybackrate", "48000"))
        let outgoing = try #require(ORTC.outgoing(codec, capabilities: try capabilities(), besides: [96, 111]))
        let stream = ORTC.Stream(codec: outgoing, mid: "0", ssrcs: [2], cname: "c")
        let parameters = try #require(ORTC.producer(for: stream, capabilities: try capabilities())).rtpParameters
        let declared = try #require(parameters.codecs.first)
        #expect(declared.mimeType == "audio/opus")
        #expect(declared.channels == 2)
        #expect(declared.payloadType == 111)
        #expect(declared.parameters == ["minptime": 10, "useinbandfec": 1, "sprop-stereo": 1])
        #expect(declared.rtcpFeedback == [RTPFeedback(.nack), RTPFeedback(.transportWide)])
        #expect(parameters.codecs.count == 1)
        #expect(parameters.headerExtensions.map(\.id) == [1, 5, 10, 13])
        #expect(parameters.encodings.map(\.dtx) == [false])
    }

    @Test("layers keep their order, each with its retransmissions")
    func layers() throws {
        var stream = ORTC.Stream(codec: Self.video("VP8"), mid: "1", ssrcs: [7, 8, 9], cname: "c")
        stream.codec.retransmissionPayloadType = 100
        stream.retransmissionSSRCs = [17, 18, 19]
        let producer = try #require(ORTC.producer(for: stream, capabilities: try capabilities()))
        #expect(producer.rtpParameters.encodings.map(\.ssrc) == [7, 8, 9])
        #expect(producer.rtpParameters.encodings.map(\.rtx?.ssrc) == [17, 18, 19])
    }

    @Test(
        "two to four layers of VP8 and H264 go out as one stream, of anything else one",
        arguments: [
            ("VP8", 1, []), ("VP8", 2, ["low", "high"]), ("H264", 3, ["low", "mid", "high"]),
            ("h264", 4, ["0", "1", "2", "3"]), ("H264", 5, []), ("VP9", 3, []), ("AV1", 2, []), ("H265", 3, []),
        ] as [(String, Int, [String])]
    )
    func layerNames(codec: String, offered: Int, names: [String]) {
        let layers = ORTC.layers(of: Self.video(codec), offered: offered)
        #expect(layers == max(1, names.count))
        #expect(ORTC.encodingIDs(layers) == names)
    }

    @Test("extensions that the router does not list, or lists for sending only, are left out")
    func extensions() throws {
        var capabilities = try capabilities()
        capabilities.headerExtensions = [
            .init(kind: "audio", uri: HeaderExtension.mid.uri, preferredId: 5, direction: nil),
            .init(kind: "audio", uri: HeaderExtension.audioLevel.uri, preferredId: 6, direction: "sendonly"),
            .init(kind: "video", uri: HeaderExtension.absCaptureTime.uri, preferredId: 7, direction: "sendrecv"),
            .init(kind: "audio", uri: HeaderExtension.absCaptureTime.uri, preferredId: 0, direction: "sendrecv"),
        ]
        let map = ORTC.extensions(.audio, capabilities: capabilities)
        #expect(map[.mid] == 5)
        #expect(map[.audioLevel] == nil)
        #expect(map[.absCaptureTime] == nil)
    }

    @Test("a codec that the router lost has no producer")
    func noProducer() throws {
        let stream = ORTC.Stream(codec: Self.video("AV1"), mid: "1", ssrcs: [1], cname: "c")
        #expect(ORTC.producer(for: stream, capabilities: try capabilities()) == nil)
    }
}
