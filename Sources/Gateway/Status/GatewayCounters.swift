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
        case .viewerConfirmed: confirmations += 1
        case .viewerRefused: refusedConfirmations += 1
        case .tokenRenewed: tokenRenewals += 1
        case .ended(let reason): ended[reason.name, default: 0] += 1
        case .refused, .publisherConnected, .live, .waiting, .recovering, .recovered, .controlLost, .controlBack,
            .viewerLeft, .tokenNotRenewed, .metadataChanged:
            break
        }
    }

    /// The counters as the operator's API writes them.
    ///
    /// - Parameter recoveries: what was lost on SkyWay's side and made again.
    /// - Returns: the document.
    func document(_ recoveries: RecoveryCounters) -> JSONValue {
        [
            "refusals": .counts(refusals),
            "begun": .count(begun),
            "ended": .counts(ended),
            "returns": .count(returns),
            "recoveries": recoveries.document,
            "confirmations": .count(confirmations),
            "refusedConfirmations": .count(refusedConfirmations),
            "tokenRenewals": .count(tokenRenewals),
        ]
    }
}

extension RecoveryCounters {
    /// The causes that there were, each with what became of it.
    fileprivate var document: JSONValue {
        let counted = RecoveryReason.allCases.map { ($0.rawValue, self[$0]) }.filter { $0.1.begun > 0 }
        return .object(
            counted.reduce(into: [:]) { document, counts in
                document[counts.0] = [
                    "begun": .integer(Int64(counts.1.begun)), "done": .integer(Int64(counts.1.done)),
                    "failed": .integer(Int64(counts.1.failed)),
                ]
            }
        )
    }
}
