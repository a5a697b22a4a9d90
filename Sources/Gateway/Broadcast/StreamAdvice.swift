// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC

/// What an observation of a publisher's stream is told as: what was seen, and what to change in the encoder.
struct StreamAdvice {
    /// How much it matters.
    let level: Logger.Level
    /// What was seen and what to do, the same for all publishers.
    let message: Logger.Message
    /// The values that were seen.
    private(set) var metadata: Logger.Metadata

    /// Puts an observation into words.
    ///
    /// - Parameters:
    ///   - observation: what was seen.
    ///   - told: the profile and level that viewers are told; `nil` where that is what the publisher declared.
    init(_ observation: StreamObservation, told: H264ProfileLevel? = nil) {
        switch observation.finding {
        case .format(var format):
            if let told { format.declared = told }
            self.init(format)
        case .bidirectionalPictures:
            self.init(
                .warning,
                """
                The publisher sends B-frames; viewers see them out of order: \
                set B-frames to 0 (OBS: bframes=0, FFmpeg: -bf 0)
                """
            )
        case .longKeyFrameInterval(let interval):
            self.init(
                .warning,
                """
                The publisher's key frames are more than 4 s apart; who joins in between waits for a picture: \
                set the key-frame interval to 2 s (OBS: Keyframe Interval 2 s, FFmpeg: -g with twice the frame rate)
                """,
                ["video.seconds": "\(Int(interval.inSeconds))"]
            )
        case .ignoredKeyFrameRequests:
            self.init(
                .warning,
                """
                The publisher ignores requests for key frames; who joins waits for the next one: \
                set the key-frame interval to 1 s or 2 s (OBS: Keyframe Interval, FFmpeg: -g)
                """
            )
        }
        metadata["video.layer"] = "\(observation.encoding.rawValue)"
    }

    private init(_ format: H264StreamFormat) {
        let values: Logger.Metadata = [
            "video.profile": "\(format.stream.text)",
            "video.declared": "\(format.declared.text)",
            "video.size": "\(format.width)x\(format.height)",
        ]
        if format.exceedsDeclaredProfile {
            self.init(
                .warning,
                """
                The publisher's H264 profile is above the declared one; some viewers see no picture: \
                set the profile to baseline (OBS: Profile baseline, FFmpeg: -profile:v baseline)
                """,
                values
            )
        } else if format.exceedsDeclaredLevel {
            self.init(
                .notice,
                """
                The publisher's H264 level is above the declared one; viewers on weak devices may fail to decode it: \
                lower the resolution or the frame rate if they do
                """,
                values
            )
        } else {
            self.init(.info, "The publisher's video is as it was declared", values)
        }
    }

    private init(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata = [:]) {
        self.level = level
        self.message = message
        self.metadata = metadata
    }
}
