// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTCDriver
import WHIPClient

/// Requests to publish, so many a second, each of whose sessions ends at once, beside sessions that are idle.
///
/// Gateway and SkyWayLocal are processes of their own on loopback, on ports of their own.
struct LoadRun {
    var idleSessions = 300
    /// Requests a second, and the rooms that they are for.
    var rate = 50
    var rooms = 50
    var seconds = 20
    /// How long one request a second is made before, to compare with.
    var calmSeconds = 20
    /// How often the load is made: each time less of memory stays, since what stays is room for the next ones.
    static let rounds = 2

    /// What was measured.
    struct Outcome {
        let calm: Answers
        let loaded: Answers
        /// The idle sessions that have ended by themselves.
        let lost: Int
        /// The gateway's memory before the load, and the least within the time after each round of it.
        let memory: [Int]
        /// The sessions that the gateway has told the end of, of all that have begun and are not idle.
        let ended: Int
    }

    /// How long the gateway's memory may take to come back.
    private static let settling = Duration.seconds(6)

    func outcome() async throws -> Outcome {
        let outcome = try await StallDetector.repeating("load-\(rate)") {
            try await LoadStage.run { stage in
                let sessions = IdleSessions(at: stage.whip, worker: stage.worker)
                return try await sessions.run(idleSessions) { try await measure(on: stage, beside: sessions) }
            }
        }
        print(report(outcome))
        return outcome
    }

    private func measure(on stage: LoadStage, beside idle: IdleSessions) async throws -> Outcome {
        let requests = try PublishRequests(at: stage.whip)
        let calm = try await requests.make(calmSeconds, aSecond: 1, in: rooms)
        var memory = [try stage.gateway.residentBytes]
        var loaded = Answers()
        for _ in 1...Self.rounds {
            loaded.add(try await requests.make(rate * seconds, aSecond: rate, in: rooms))
            memory.append(try await settled(stage.gateway, to: memory[0]))
        }
        try await requests.end()
        let total = calm.count + loaded.count
        let ended = try? await eventually("all have ended", within: .seconds(10)) {
            stage.gateway.count(of: "Session ended") >= total ? total : nil
        }
        return Outcome(
            calm: calm,
            loaded: loaded,
            lost: await idle.lost,
            memory: memory,
            ended: ended ?? stage.gateway.count(of: "Session ended")
        )
    }

    /// The least memory of a process within a while, or as soon as it is no more than it was.
    private func settled(_ process: ChildProcess, to start: Int) async throws -> Int {
        var least = try process.residentBytes
        _ = try? await eventually("memory comes back", within: Self.settling) {
            least = min(least, try process.residentBytes)
            return least <= start ? true : nil
        }
        return least
    }

    private func report(_ outcome: Outcome) -> String {
        """
        LOAD \(rate)/s for \(seconds) s beside \(idleSessions) idle sessions, of which \(outcome.lost) were lost: \
        \(outcome.loaded.text); at 1/s \(outcome.calm.text); memory \(outcome.memory.map { $0 >> 10 }) KiB
        """
    }
}

/// How requests were answered.
struct Answers {
    /// The times of those that were taken.
    private(set) var times: [Duration] = []
    /// What the others were told.
    private(set) var failures: [String] = []

    var count: Int { times.count + failures.count }

    mutating func add(_ others: Answers) {
        times += others.times
        failures += others.failures
    }

    mutating func add(_ answer: Result<Duration, StageError>) {
        switch answer {
        case .success(let time): times.append(time)
        case .failure(let error): failures.append(error.description)
        }
    }

    /// The time that so many of a hundred took at most.
    func percentile(_ percent: Int) -> Duration {
        let sorted = times.sorted()
        guard let last = sorted.indices.last else { return .zero }
        return sorted[min(last, sorted.count * percent / 100)]
    }

    var text: String {
        let failed = failures.isEmpty ? "" : ", \(failures.count) failed: \(failures[0])"
        return "\(times.count) taken, p50 \(percentile(50)), p99 \(percentile(99))\(failed)"
    }
}
