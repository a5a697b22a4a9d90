// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A codec a router can be set up with.
package enum RouterCodec: String, Hashable, Sendable, CaseIterable {
    /// Opus, 48 kHz, two channels.
    case opus
    /// VP8.
    case vp8
    /// H264 in both packetization modes with the profiles browsers offer.
    case h264
    /// VP9, profile 0.
    case vp9
    /// AV1; the real service has none for the SFU.
    case av1

    /// What SkyWay's SFU takes (protocol page §§3.8, 7.1).
    package static let standard: [RouterCodec] = [.opus, .vp8, .h264, .vp9]

    /// The entries of the router's list, in order.
    var capabilities: [RTPCodecCapability] {
        switch self {
        case .opus:
            [
                RTPCodecCapability(
                    "audio/opus",
                    clockRate: 48000,
                    channels: 2,
                    rtcpFeedback: Self.audioFeedback
                )
            ]
        case .vp8: [Self.video("video/VP8")]
        case .vp9: [Self.video("video/VP9", ["profile-id": 0])]
        case .av1: [Self.video("video/AV1")]
        case .h264:
            [1, 0].flatMap { mode in
                ["42e01f", "42001f", "4d001f"].map { profile in
                    Self.video(
                        "video/H264",
                        [
                            "packetization-mode": .integer(mode), "profile-level-id": .string(profile),
                            "level-asymmetry-allowed": 1,
                        ]
                    )
                }
            }
        }
    }

    private static let audioFeedback = [RTCPFeedbackEntry("nack"), RTCPFeedbackEntry("transport-cc")]
    private static let videoFeedback = [
        RTCPFeedbackEntry("nack"), RTCPFeedbackEntry("nack", "pli"), RTCPFeedbackEntry("ccm", "fir"),
        RTCPFeedbackEntry("goog-remb"), RTCPFeedbackEntry("transport-cc"),
    ]

    private static func video(_ mimeType: String, _ parameters: CodecParameters = [:]) -> RTPCodecCapability {
        RTPCodecCapability(mimeType, clockRate: 90000, parameters: parameters, rtcpFeedback: videoFeedback)
    }
}
