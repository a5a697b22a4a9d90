// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import SkyWayLocal

/// A server clock that stands until it is moved.
///
/// What waits for a moment looks again every few milliseconds. What begins to wait when time has been moved already
/// waits for a later moment: where the server tells nobody that it has begun, a test lets time pass (``pass(until:)``).
final class ManualClock: Sendable {
    private let now = Mutex<Int64>(1_790_000_000_000)

    /// The clock as the server gets it.
    var clock: ServerClock {
        ServerClock(
            read: { self.now.withLock(\.self) },
            wait: { moment in
                repeat { try await Task.sleep(for: .milliseconds(5)) } while self.now.withLock(\.self) < moment
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

    /// Lets a second pass every few milliseconds until something has happened.
    ///
    /// - Parameters:
    ///   - limit: how many seconds pass at most.
    ///   - body: waits for it.
    /// - Returns: what the body gives.
    func pass<Result>(atMost limit: Int = .max, until body: () async throws -> Result) async rethrows -> Result {
        let passing = Task {
            var passed = 0
            while passed < limit, (try? await Task.sleep(for: .milliseconds(5))) != nil {
                advance(seconds: 1)
                passed += 1
            }
        }
        defer { passing.cancel() }
        return try await body()
    }
}
