// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A ticker of 10 ms on a thread of its own: where it stalls, the machine was too busy for a measurement to count.
final class StallDetector: Sendable {
    /// The longest stall after which a measurement still counts.
    static let tolerated = Duration.milliseconds(200)

    private let stopped = Mutex(false)
    private let longest = Mutex(Duration.zero)

    init() {
        Thread { [self] in watch() }.start()
    }

    /// The longest time between two ticks so far.
    var longestStall: Duration { longest.withLock { $0 } }

    func stop() { stopped.withLock { $0 = true } }

    private func watch() {
        let clock = SuspendingClock()
        var last = clock.now
        while !stopped.withLock({ $0 }) {
            usleep(10_000)
            let now = clock.now
            let stall = now - last
            longest.withLock { $0 = max($0, stall) }
            last = now
        }
    }
}
