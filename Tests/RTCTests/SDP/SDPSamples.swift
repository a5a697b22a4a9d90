// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCCrypto
import Testing

/// Values that the tests of session descriptions share.
enum SDPSamples {
    /// The text of a publisher's offer.
    static func offer(_ name: String) throws -> String {
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/offers/\(name)", withExtension: "sdp"),
            "there is no offer \(name)"
        )
        return try String(contentsOf: url, encoding: .utf8)
    }

    /// The names of all offers.
    static let names = [
        "aiortc1.16", "chromium156", "chromium156-all", "chromium156-audio", "chromium156-av1",
        "chromium156-simulcast-h264", "chromium156-simulcast-vp8", "chromium156-vp9", "ffmpeg9-default-passive",
        "ffmpeg9-dtls-active", "gstreamer1.22-webrtcbin", "libdatachannel-mbedtls", "libwebrtc-m152",
        "libwebrtc-m152-all", "obs-30.2-constructed", "obs-32.1-simulcast-constructed",
    ]

    /// Everything switched on.
    static var features: SDPMediaFeatures {
        var features = SDPMediaFeatures()
        features.usesNACK = true
        features.usesRetransmission = true
        features.usesTransportWideFeedback = true
        features.usesReceiverEstimate = true
        features.usesReceiverReferenceTimes = true
        return features
    }

    /// What a router takes: VP8, the H264 variants, VP9 and Opus, as SkyWay lists them.
    static let routerCodecs =
        [video("VP8")]
        + ["42001f", "42e01f", "4d001f"].flatMap { profile in
            ["0", "1"].map { mode in
                video("H264", ["packetization-mode": mode, "profile-level-id": profile])
            }
        } + [
            video("VP9", ["profile-id": "0"]),
            RTPCodec(kind: .audio, name: "opus", payloadType: 100, clockRate: 48_000, channels: 2),
        ]

    /// A video codec.
    static func video(_ name: String, type: UInt8 = 101, _ parameters: [String: String] = [:]) -> RTPCodec {
        RTPCodec(
            kind: .video,
            name: name,
            payloadType: type,
            clockRate: 90_000,
            parameters: parameters.sorted { $0.key < $1.key }.map { FormatParameter($0.key, $0.value) },
            feedback: [.nack, .pictureLossIndication, .fullIntraRequest]
        )
    }

    /// Opus as browsers offer it.
    static let opus = RTPCodec(
        kind: .audio,
        name: "opus",
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: [FormatParameter("minptime", "10"), FormatParameter("useinbandfec", "1")]
    )

    /// A transport that is reached by TCP, IPv4 and IPv6, the first of which has to come last.
    static func transport(isLite: Bool = true) throws -> SDPLocalTransport {
        let credentials = try #require(
            ICECredentials(usernameFragment: "gateway1", password: "abcdefghijklmnopqrstuvwx")
        )
        let fingerprint = try #require(
            CertificateFingerprint(algorithm: .sha256, bytes: Array(repeating: 0xab, count: 32))
        )
        let ipv4 = try #require(IPAddress("192.0.2.10"))
        let ipv6 = try #require(IPAddress("2001:db8::10"))
        return SDPLocalTransport(
            sessionID: 1_234,
            credentials: credentials,
            fingerprint: fingerprint,
            candidates: [
                ICECandidate(host: TransportAddress(ipv4, port: 40_000, transport: .tcp)),
                ICECandidate(host: TransportAddress(ipv4, port: 40_000)),
                ICECandidate(host: TransportAddress(.loopbackIPv4, port: 40_000)),
                ICECandidate(host: TransportAddress(ipv6, port: 40_000)),
            ],
            isLite: isLite
        )
    }

    /// The answer of the sample transport to an offer, with what the router takes.
    static func answer(
        _ offer: String,
        codecs: [RTPCodec] = routerCodecs,
        features: SDPMediaFeatures = SDPMediaFeatures()
    ) throws -> SDPAnswer {
        try .receiving(SDPOffer(offer), codecs: codecs, features: features, local: transport())
    }

    /// A minimal offer of one video track, with lines put in.
    static func minimalOffer(session: [String] = [], video: [String] = [], codec: String = "VP8/90000") -> String {
        let head = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=ice-ufrag:abcd",
            "a=ice-pwd:abcdefghijklmnopqrstuv", "a=setup:actpass",
            "a=fingerprint:sha-256 " + Array(repeating: "CD", count: 32).joined(separator: ":"),
        ]
        let section = [
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendonly", "a=rtcp-mux",
            "a=rtpmap:96 \(codec)",
        ]
        return (head + session + section + video).map { $0 + "\r\n" }.joined()
    }
}

extension SDPAnswer {
    /// The lines of the text.
    var lines: [String] { text.split(separator: "\r\n").map { String($0) } }

    /// The lines of one m-section.
    func lines(ofSection index: Int) -> [String] {
        let starts = lines.indices.filter { lines[$0].hasPrefix("m=") }
        return Array(lines[starts[index]..<(index + 1 < starts.count ? starts[index + 1] : lines.count)])
    }

    /// The values of the lines that begin so, in order.
    func values(_ prefix: String) -> [String] {
        lines.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}
