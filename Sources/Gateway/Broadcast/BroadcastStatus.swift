// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// Where a broadcast stands, as an operator is told.
package enum BroadcastStatus: Hashable, Sendable {
    /// The publisher is answered; something on the way to the viewers is still missing.
    case connecting
    /// The SFU is connected and has producers, viewers can find the relays, and media is handed on.
    case live
    /// The publisher is away and may come back; all that is SkyWay's goes on.
    case waiting
    /// Something on SkyWay's side was lost and is being made again.
    ///
    /// `since` is when that was noticed, and `attempt` how often it has been tried, the present attempt included.
    case recovering(RecoveryReason, since: Date, attempt: Int)
    /// Nothing of it is left.
    case ended(EndReason)

    /// The stable name of the state, lower case.
    package var name: String {
        switch self {
        case .connecting: "connecting"
        case .live: "live"
        case .waiting: "waiting"
        case .recovering: "recovering"
        case .ended: "ended"
        }
    }
}

extension EndReason {
    /// The stable name of the reason, lower case; labels counters.
    package var name: String {
        switch self {
        case .deleted: "deleted"
        case .publisherClosed: "publisher-closed"
        case .publisherSilent: "publisher-silent"
        case .publisherFailed: "publisher-failed"
        case .excessiveBitrate: "excessive-bitrate"
        case .replaced: "replaced"
        case .notResumed: "not-resumed"
        case .keyRevoked: "key-revoked"
        case .skyWayLost: "skyway-lost"
        case .transportLost: "transport-lost"
        case .refused: "refused"
        case .channelNotGiven: "channel-not-given"
        case .noCommonCodec: "no-common-codec"
        case .endedByOperator: "ended-by-operator"
        case .drained: "drained"
        case .shutdown: "shutdown"
        }
    }
}
