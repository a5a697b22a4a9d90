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

    /// Runs a measurement; one in which the machine stalled is repeated, twice at most, and said.
    ///
    /// - Parameters:
    ///   - name: names it.
    ///   - body: returns what it measured; the expectations come after.
    /// - Returns: what was measured.
    /// - Throws: what `body` throws.
    static func repeating<Measured>(
        _ name: String,
        _ body: () async throws -> Measured
    ) async throws -> Measured {
        for attempt in 1... {
            let stalls = StallDetector()
            let outcome: Result<Measured, any Error>
            do {
                outcome = .success(try await body())
            } catch {
                outcome = .failure(error)
            }
            stalls.stop()
            let stall = stalls.longestStall
            if stall <= tolerated || attempt == 3 {
                if stall > tolerated { print("STALLED: \(name): \(stall); not repeated again") }
                return try outcome.get()
            }
            print("STALLED: \(name): the machine stood still for \(stall); the run is repeated")
        }
        throw StageError("unreachable")
    }

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
