// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import RTC
import RTCDriver

/// What was seen in one window of traffic on one path.
struct WindowResult {
    /// CPU time of the forwarder for each packet that came to the sink, in microseconds.
    var cpu: Double
    /// Packets sent in the whole window, warm-up included, and what is missing of them.
    var sent: Int
    var lost: Int
    /// Packets that were not as they were sent, or out of their place.
    var wrong: Int
    /// The one-way delay from the generator to the sink, in milliseconds.
    var delays: (median: Double, tail: Double)

    /// How long traffic runs before it is measured.
    static let warmUp: Duration = .milliseconds(400)

    /// Lets traffic flow for a time, and measures what it costs.
    ///
    /// - Parameters:
    ///   - plan: what flows.
    ///   - duration: how long is measured.
    ///   - control: starts it.
    ///   - log: takes what arrives.
    ///   - copies: to how many each packet goes.
    ///   - server: the forwarder; `nil` where there is none.
    /// - Returns: what was seen.
    /// - Throws: when the task is cancelled.
    static func measure(
        _ plan: TrafficPlan,
        for duration: Duration,
        control: TrafficControl,
        log: DeliveryLog,
        copies: Int = 1,
        server: ServerProcess?
    ) async throws -> WindowResult {
        let sent = control.sent
        var wrong = 0
        log.restart()
        let begin = Clock.now + TrafficControl.notice * 3
        let end = begin + warmUp + duration
        control.play(plan, from: begin, to: end + .milliseconds(20))
        try await sleep(until: begin + warmUp)
        let before = server?.cpuTime ?? .zero
        let warm = log.restart()
        try await sleep(until: end)
        let after = server?.cpuTime ?? .zero
        let measured = log.restart()
        // What is under way arrives within a few wakes.
        try await sleep(until: end + .milliseconds(250))
        let rest = log.restart()
        var received = 0
        for part in [warm, measured, rest] {
            received += part.received
            wrong += part.damaged + part.misplaced + part.misnumbered
        }
        let due = (control.sent - sent) * copies
        return WindowResult(
            cpu: (after - before).inSeconds * 1e6 / Double(max(measured.received, 1)),
            sent: due,
            lost: due - received,
            wrong: wrong,
            delays: (
                measured.delays.milliseconds(at: 0.5) ?? .nan,
                measured.delays.milliseconds(at: 0.99) ?? .nan
            )
        )
    }

    private static func sleep(until moment: MonotonicTime) async throws {
        let left = moment - Clock.now
        if left > .zero { try await Task.sleep(for: left, tolerance: .zero) }
    }
}
