// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What a publisher is answered before the channel's router is known: what SkyWay documents for its SFU.
enum DefaultCodecs {
    /// Opus, VP8, and H264 in packetization mode 1.
    static let all = [
        RTPCodec(kind: .audio, name: "opus", payloadType: 0, clockRate: 48_000, channels: 2),
        RTPCodec(kind: .video, name: "VP8", payloadType: 0, clockRate: 90_000),
        h264("42e01f"), h264("42001f"), h264("4d001f"), h264("64001f"),
    ]

    private static func h264(_ profileLevel: String) -> RTPCodec {
        RTPCodec(
            kind: .video,
            name: "H264",
            payloadType: 0,
            clockRate: 90_000,
            parameters: [
                FormatParameter("level-asymmetry-allowed", "1"), FormatParameter("packetization-mode", "1"),
                FormatParameter("profile-level-id", profileLevel),
            ]
        )
    }
}
