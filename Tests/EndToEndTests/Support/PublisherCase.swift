// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// A publisher with one kind of offer, and what has to arrive of it.
struct PublisherCase: CustomTestStringConvertible {
    /// The implementations that publish.
    enum Implementation: String {
        case wrtc
        case aiortc
        case gstreamer
        case chromium
        case ffmpeg
        case libdatachannel
    }

    let implementation: Implementation
    /// What distinguishes it from others of its implementation; the name of its stage is made of it.
    let name: String
    /// The codec of the picture that the consumer is to get; nothing where only sound is published.
    let codec: String?
    /// What the script is told beside address and length.
    var options: [String] = []
    /// What the router takes, where it is not the standard list.
    var routerCodecs: String?
    /// What the operator prefers, where it is not the router's order.
    var preferredCodecs: String?
    /// The one kind that is published.
    var only: String?

    var testDescription: String { "\(implementation.rawValue), \(name)" }

    /// The name of its stage.
    var stage: String {
        "\(implementation.rawValue)-\(name.lowercased().filter { $0 != "," && $0 != "'" }.replacing(" ", with: "-"))"
    }

    /// Starts publishing the test picture and tone in a channel.
    func start(on stage: Stage, channel: String, seconds: Int) -> PeerProcess {
        let whip = "\(Stage.gatewayURL)/whip/\(channel)"
        let address = implementation == .chromium ? [Stage.gatewayURL, "--channel", channel] : [whip]
        return stage.peer(
            "publish_\(implementation.rawValue).py",
            address + ["--seconds", String(seconds)] + options,
            in: .publisher,
            // Its binding belongs to the system's Python.
            python: implementation == .gstreamer ? "/usr/bin/python3" : Machine.python
        )
    }
}

extension PublisherCase {
    /// Each implementation and each codec once, and each shape of an offer: what every run of the tests takes.
    static let selected = [
        PublisherCase(implementation: .wrtc, name: "VP8", codec: "VP8", options: ["--codec", "VP8"]),
        PublisherCase(implementation: .aiortc, name: "VP8", codec: "VP8", options: ["--codec", "VP8"]),
        PublisherCase(implementation: .gstreamer, name: "H264", codec: "H264", options: ["--codec", "H264"]),
        PublisherCase(implementation: .chromium, name: "VP9", codec: "VP9", options: ["--codec", "VP9"]),
        PublisherCase(
            implementation: .chromium,
            name: "AV1",
            codec: "AV1",
            options: ["--codec", "AV1"],
            routerCodecs: "opus,vp8,h264,vp9,av1"
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "sound alone",
            codec: nil,
            options: ["--only", "audio"],
            only: "audio"
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "picture alone without SSRCs",
            codec: "VP8",
            options: ["--only", "video", "--codec", "VP8", "--without", withoutSources],
            only: "video"
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "several codecs",
            codec: "VP9",
            options: ["--codec", "AV1", "--codec", "VP8", "--codec", "VP9"],
            routerCodecs: "opus,vp9,vp8"
        ),
    ]

    /// The rest of the matrix.
    static let others = [
        PublisherCase(implementation: .wrtc, name: "VP9", codec: "VP9", options: ["--codec", "VP9"]),
        PublisherCase(
            implementation: .wrtc,
            name: "AV1",
            codec: "AV1",
            options: ["--codec", "AV1"],
            routerCodecs: "opus,av1"
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "without SSRCs",
            codec: "VP8",
            options: ["--without", withoutSources]
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "without retransmission",
            codec: "VP8",
            options: ["--codec", "VP8", "--without", withoutRetransmission]
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "picture alone",
            codec: "VP8",
            options: ["--only", "video"],
            only: "video"
        ),
        PublisherCase(
            implementation: .wrtc,
            name: "several codecs, the operator's first",
            codec: "VP8",
            options: ["--codec", "AV1", "--codec", "VP9", "--codec", "VP8"],
            routerCodecs: "opus,vp9,vp8",
            preferredCodecs: "vp8,vp9"
        ),
        PublisherCase(implementation: .aiortc, name: "H264", codec: "H264", options: ["--codec", "H264"]),
        PublisherCase(implementation: .aiortc, name: "several codecs", codec: "VP8"),
        PublisherCase(
            implementation: .aiortc,
            name: "without SSRCs",
            codec: "VP8",
            options: ["--without", withoutSources]
        ),
        PublisherCase(
            implementation: .aiortc,
            name: "sound alone",
            codec: nil,
            options: ["--only", "audio"],
            only: "audio"
        ),
        PublisherCase(implementation: .gstreamer, name: "VP8", codec: "VP8", options: ["--codec", "VP8"]),
        PublisherCase(
            implementation: .gstreamer,
            name: "H264 without SSRCs",
            codec: "H264",
            options: ["--codec", "H264", "--without", withoutSources]
        ),
        PublisherCase(implementation: .chromium, name: "VP8", codec: "VP8", options: ["--codec", "VP8"]),
        PublisherCase(implementation: .chromium, name: "H264", codec: "H264", options: ["--codec", "H264"]),
        PublisherCase(implementation: .chromium, name: "all codecs, VP8 first", codec: "VP8"),
        PublisherCase(
            implementation: .chromium,
            name: "all codecs, VP9 first",
            codec: "VP9",
            routerCodecs: "opus,vp9,h264,vp8"
        ),
        PublisherCase(
            implementation: .chromium,
            name: "all codecs, H264 first",
            codec: "H264",
            routerCodecs: "opus,h264,vp9,vp8"
        ),
        PublisherCase(
            implementation: .chromium,
            name: "all codecs, AV1 first",
            codec: "AV1",
            routerCodecs: "opus,av1,h264,vp9,vp8"
        ),
        PublisherCase(
            implementation: .chromium,
            name: "without SSRCs",
            codec: "VP8",
            options: ["--without", withoutSources]
        ),
        PublisherCase(
            implementation: .chromium,
            name: "without retransmission",
            codec: "VP8",
            options: ["--codec", "VP8", "--without", withoutRetransmission, "--without", withoutSources]
        ),
    ]

    /// Lines that tell SSRCs and the names of streams.
    static let withoutSources = "^a=(ssrc|ssrc-group|msid|msid-semantic):"
    /// Lines that offer to send again.
    static let withoutRetransmission = #"^a=(rtcp-fb:\S+ nack\s*$|rtpmap:\d+ rtx|fmtp:\d+ apt=|ssrc-group:FID)"#
}
