// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The members that the links of a process have, so that none takes another's for one that a crashed run has left.
final class LivingMembers: Sendable {
    private let table = Mutex<Set<String>>([])

    /// All of them.
    var ids: Set<String> { table.withLock { $0 } }

    /// A link has another member, or none any more.
    func replace(_ former: String?, with present: String?) {
        table.withLock { members in
            if let former { members.remove(former) }
            if let present { members.insert(present) }
        }
    }
}
