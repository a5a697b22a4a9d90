// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
package import RTCCrypto
package import SkyWay

/// Why a session ended; each has exactly one.
package enum EndReason: Hashable, Sendable {
    /// The publisher sent DELETE.
    case deleted
    /// The publisher closed its connection.
    case publisherClosed
    /// Nothing valid came from the publisher for too long.
    case publisherSilent
    /// The publisher could not be secured: another certificate, no common profile.
    case publisherFailed(DTLSFailure)
    /// The publisher sent far more than it was told that it may, for long.
    case excessiveBitrate
    /// The same publisher began anew in the same channel.
    case replaced
    /// The publisher was lost and did not come back in time.
    case notResumed
    /// The publisher's key was taken out of the file of keys.
    case keyRevoked
    /// SkyWay took away what the broadcast needs, or can't be reached any more.
    case skyWayLost(SkyWayError)
    /// The way to SkyWay's SFU broke.
    case transportLost
    /// The request was refused before anything flowed.
    case refused(Refusal)
    /// The channel was asked for, and not given.
    case channelNotGiven
    /// The publisher was answered before the channel was known, and the channel takes none of its codecs.
    case noCommonCodec
    /// An operator ended it.
    case endedByOperator
    /// The gateway is drained, and the time for that is over.
    case drained
    /// The gateway is shut down.
    case shutdown
}

extension EndReason: CustomStringConvertible {
    /// The reason as the log has it.
    package var description: String {
        switch self {
        case .deleted: "deleted by the publisher"
        case .publisherClosed: "closed by the publisher"
        case .publisherSilent: "nothing came from the publisher any more"
        case .publisherFailed(let failure): "no secure connection to the publisher (\(failure))"
        case .excessiveBitrate: "the publisher's bit rate was far above the maximum for 10 s"
        case .replaced: "replaced by a newer session of the same publisher"
        case .notResumed: "the publisher did not come back in time"
        case .keyRevoked: "the publisher's key was revoked"
        case .skyWayLost(let error): "SkyWay lost (\(error)). \(error.advice)"
        case .transportLost: "the way to SkyWay's SFU is lost"
        case .refused(let refusal): "refused (\(refusal.problem.title))"
        case .channelNotGiven: "no channel was given"
        case .noCommonCodec: "the channel takes none of the publisher's codecs"
        case .endedByOperator: "ended by the operator"
        case .drained: "the gateway is drained, and the time for that is over"
        case .shutdown: "the gateway is shut down"
        }
    }
}

extension EndReason {
    /// Why a publisher's session ended by itself.
    ///
    /// - Parameter reason: what the session says.
    init(publisher reason: SessionCloseReason) {
        self =
            switch reason {
            case .local, .remote: .publisherClosed
            case .dtls(let failure): .publisherFailed(failure)
            case .silent: .publisherSilent
            case .excessiveBitrate: .excessiveBitrate
            }
    }

    /// What a publisher that still waits for its answer is told.
    var refusal: Refusal {
        switch self {
        case .refused(let refusal): refusal
        case .skyWayLost(let error): .skyWay(error)
        case .drained: .draining
        case .shutdown: .shuttingDown
        case .transportLost, .noCommonCodec, .channelNotGiven, .publisherFailed: .mediaUnavailable
        case .keyRevoked: .unauthorized(hadToken: true)
        case .deleted, .publisherClosed, .publisherSilent, .excessiveBitrate, .replaced, .notResumed,
            .endedByOperator:
            .sessionNotFound
        }
    }
}
