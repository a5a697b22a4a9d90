// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// What has happened since the process began, counted by cause; no label comes from outside.
package struct GatewayCounters: Hashable, Sendable {
    /// Requests that were refused, by the name of their problem.
    package internal(set) var refusals: [String: UInt64] = [:]
    /// Publishers that were answered and had no broadcast yet.
    package internal(set) var begun: UInt64 = 0
    /// Broadcasts that are over, by reason.
    package internal(set) var ended: [String: UInt64] = [:]
    /// Sessions that went on with a broadcast.
    package internal(set) var returns: UInt64 = 0
    /// Recoveries, by what was lost.
    package internal(set) var recoveries: [RecoveryReason: UInt64] = [:]
    /// Lost connections to the RTC API that are back.
    package internal(set) var reconnects: UInt64 = 0
    /// Viewers that were let in.
    package internal(set) var confirmations: UInt64 = 0
    /// Viewers that could not be let in.
    package internal(set) var refusedConfirmations: UInt64 = 0
    /// Tokens that took the place of another.
    package internal(set) var tokenRenewals: UInt64 = 0

    /// Makes counters that stand at zero.
    package init() {}

    /// Counts what happened.
    mutating func count(_ happening: BroadcastEvent.Happening) {
        switch happening {
        case .begun: begun += 1
        case .publisherReturned: returns += 1
        case .recovering(let reason): recoveries[reason, default: 0] += 1
        case .controlBack: reconnects += 1
        case .viewerConfirmed: confirmations += 1
        case .viewerRefused: refusedConfirmations += 1
        case .tokenRenewed: tokenRenewals += 1
        case .ended(let reason): ended[reason.name, default: 0] += 1
        case .refused, .publisherConnected, .live, .waiting, .recovered, .controlLost, .viewerLeft, .tokenNotRenewed:
            break
        }
    }

    /// The counters as the operator's API writes them.
    var document: JSONValue {
        [
            "refusals": .counts(refusals),
            "begun": .count(begun),
            "ended": .counts(ended),
            "returns": .count(returns),
            "recoveries": .counts(recoveries.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }),
            "reconnects": .count(reconnects),
            "confirmations": .count(confirmations),
            "refusedConfirmations": .count(refusedConfirmations),
            "tokenRenewals": .count(tokenRenewals),
        ]
    }
}
