// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How often something was lost on SkyWay's side and made again, by cause.
package final class RecoveryCounters: Sendable {
    /// The recoveries of one cause.
    package struct Counts: Hashable, Sendable {
        /// Those that began.
        package var begun = 0
        /// Those after which all was there again.
        package var done = 0
        /// Those in which the broadcast ended.
        package var failed = 0
    }

    /// What becomes of a recovery.
    enum Change {
        case begun
        case done
        case failed
    }

    private let table = Mutex<[RecoveryReason: Counts]>([:])

    /// Makes counters that begin at nought.
    package init() {}

    /// The counts of a cause.
    package subscript(_ reason: RecoveryReason) -> Counts { table.withLock { $0[reason] ?? Counts() } }

    /// A recovery turns out to have another cause.
    func move(from former: RecoveryReason, to reason: RecoveryReason) {
        table.withLock { table in
            table[former, default: Counts()].begun -= 1
            table[reason, default: Counts()].begun += 1
        }
    }

    /// Counts a recovery.
    func note(_ change: Change, _ reason: RecoveryReason) {
        table.withLock { table in
            switch change {
            case .begun: table[reason, default: Counts()].begun += 1
            case .done: table[reason, default: Counts()].done += 1
            case .failed: table[reason, default: Counts()].failed += 1
            }
        }
    }
}
