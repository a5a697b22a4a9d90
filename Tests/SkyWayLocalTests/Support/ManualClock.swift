// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import SkyWayLocal

/// A server clock that stands until it is moved.
final class ManualClock: Sendable {
    private let now = Mutex<Int64>(1_790_000_000_000)
    private let sleepers = Mutex<[(deadline: Int64, wake: AsyncStream<Void>.Continuation)]>([])

    /// The clock as the server gets it.
    var clock: ServerClock {
        ServerClock(
            read: { self.now.withLock(\.self) },
            wait: { duration in
                let deadline = self.now.withLock(\.self) + duration.components.seconds * 1000
                let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
                self.sleepers.withLock { $0.append((deadline, continuation)) }
                for await _ in stream {}
                try Task.checkCancellation()
            }
        )
    }

    /// Seconds since 1970.
    var seconds: Int64 { now.withLock(\.self) / 1000 }

    /// Moves time forward and wakes whose time has come.
    func advance(seconds: Int64) {
        let time = now.withLock { now in
            now += seconds * 1000
            return now
        }
        let woken = sleepers.withLock { sleepers in
            let due = sleepers.filter { $0.deadline <= time }
            sleepers.removeAll { $0.deadline <= time }
            return due
        }
        woken.forEach { $0.wake.finish() }
    }
}
