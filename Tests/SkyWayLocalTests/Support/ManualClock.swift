// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import SkyWayLocal

/// A server clock that stands until it is moved.
///
/// What waits on it looks again every few milliseconds, so that no test depends on who comes first.
final class ManualClock: Sendable {
    private let now = Mutex<Int64>(1_790_000_000_000)

    /// The clock as the server gets it.
    var clock: ServerClock {
        ServerClock(
            read: { self.now.withLock(\.self) },
            wait: { duration in
                let (seconds, attoseconds) = duration.components
                let deadline = self.now.withLock(\.self) + seconds * 1000 + attoseconds / 1_000_000_000_000_000
                repeat {
                    try await Task.sleep(for: .milliseconds(5))
                } while self.now.withLock(\.self) < deadline
            }
        )
    }

    /// Seconds since 1970.
    var seconds: Int64 { now.withLock(\.self) / 1000 }

    /// Moves time forward, by less than a second too.
    func advance(milliseconds: Int64) {
        now.withLock { $0 += milliseconds }
    }

    /// Moves time forward.
    func advance(seconds: Int64) {
        now.withLock { $0 += seconds * 1000 }
    }
}
