// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// The publishers that are held against the gateway.
enum TestPublisher: String, CaseIterable, CustomTestStringConvertible {
    case chromium
    case ffmpeg
    case ffmpegActive
    case libdatachannel

    var testDescription: String {
        switch self {
        case .chromium: "Chromium from /publish"
        case .ffmpeg: "FFmpeg, DTLS passive"
        case .ffmpegActive: "FFmpeg, DTLS active"
        case .libdatachannel: "libdatachannel in OBS's shape"
        }
    }

    /// Starts publishing the test picture and tone in a channel.
    func start(on stage: Stage, channel: String, seconds: Int, options: [String] = []) -> PeerProcess {
        let whip = "\(Stage.gatewayURL)/whip/\(channel)"
        let length = ["--seconds", String(seconds)] + options
        return switch self {
        case .chromium:
            stage.peer(
                "publish_chromium.py",
                [Stage.gatewayURL, "--channel", channel] + length,
                in: .publisher
            )
        case .ffmpeg: stage.peer("publish_ffmpeg.py", [whip] + length, in: .publisher)
        case .ffmpegActive: stage.peer("publish_ffmpeg.py", [whip, "--dtls-active"] + length, in: .publisher)
        case .libdatachannel: stage.peer("publish_libdatachannel.py", [whip] + length, in: .publisher)
        }
    }

    /// The event after which it sends.
    var begins: String {
        switch self {
        case .chromium: "live"
        case .ffmpeg, .ffmpegActive: "publishing"
        case .libdatachannel: "firstFrame"
        }
    }
}
