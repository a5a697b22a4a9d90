// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much is given up before what is missing is made again; each takes along what comes before it.
package enum RecoveryDepth: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// Nothing: what is there is used.
    case missing
    /// Forwardings: viewers have to subscribe to the new relays.
    case forwardings
    /// Publications too.
    case publications
    /// The member too: it joins again.
    case member

    package static func < (first: RecoveryDepth, second: RecoveryDepth) -> Bool { first.rawValue < second.rawValue }

    /// The next one, where there is one.
    package var next: RecoveryDepth { RecoveryDepth(rawValue: rawValue + 1) ?? self }
}
