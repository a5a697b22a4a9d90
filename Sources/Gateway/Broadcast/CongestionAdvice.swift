// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC

/// What the operator is told of congestion towards SkyWay.
struct CongestionAdvice {
    let level: Logger.Level
    let message: Logger.Message
    let metadata: Logger.Metadata

    /// Puts news into words.
    init(_ news: CongestionNews) {
        switch news {
        case .limited(let bitrate, let wanted):
            level = .info
            message = "The path to SkyWay carries less than is published"
            metadata = ["egress.limit": "\(bitrate / 1_000)k", "egress.wanted": "\(wanted / 1_000)k"]
        case .lifted:
            level = .info
            message = "The path to SkyWay carries all again"
            metadata = [:]
        case .layersHeld(let count):
            level = .info
            message = count > 0 ? "The highest layers are held back" : "All layers go to SkyWay again"
            metadata = ["layers.held": "\(count)"]
        case .picturesLeftOut(let bitrate):
            level = .warning
            message = "Pictures are left out so that sound stays whole: SkyWay can't be sent all that is published"
            metadata = [
                "video.fitting": "\(bitrate / 1_000)k",
                "advice": """
                The publisher does not lower its bit rate when it is told to. Set its video to less than \
                \(bitrate / 1_000) kbit/s, or give the gateway a better path to SkyWay.
                """,
            ]
        case .picturesWhole:
            level = .info
            message = "All pictures go to SkyWay again"
            metadata = [:]
        }
    }
}
