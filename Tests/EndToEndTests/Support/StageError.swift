// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Why a run did not come to its measurement.
struct StageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Asks `probe` every 10 ms until it has an answer.
///
/// Times that are asserted come from the peers' own events, never from here.
func eventually<Answer>(
    _ what: @autoclosure () -> String,
    within limit: Duration,
    _ probe: () async throws -> Answer?
) async throws -> Answer {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while true {
        if let answer = try await probe() { return answer }
        guard clock.now < end else { throw StageError("not within \(limit): \(what())") }
        try await clock.sleep(for: .milliseconds(10))
    }
}

/// `CLOCK_MONOTONIC` in seconds, the clock of the peers' events.
func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}
