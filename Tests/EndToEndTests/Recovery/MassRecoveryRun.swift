// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import Testing

/// Many broadcasts whose SkyWay is restarted with nothing of what there was: they come back one after another.
struct MassRecoveryRun {
    let broadcasts: Int

    /// What SkyWayLocal was asked.
    struct Traffic: Decodable {
        let total: Int
        let peak: Int
    }

    struct Outcome {
        /// From when SkyWayLocal was there again until the last one was live.
        let seconds: Double
        /// What the new SkyWayLocal was asked meanwhile.
        let traffic: [String: Traffic]
        /// The broadcasts that ended.
        let lost: Int
        /// The bots in all rooms, and the rooms.
        let bots: Int
        let rooms: Int
    }

    private struct State: Decodable {
        struct Channel: Decodable {
            struct Member: Decodable {
                let type: String
            }

            let members: [Member]
        }

        let traffic: [String: Traffic]
        let channels: [Channel]
    }

    private struct Live: Decodable {
        struct Broadcast: Decodable {
            let state: String
        }

        let broadcasts: [Broadcast]
    }

    func outcome() async throws -> Outcome {
        let outcome = try await StallDetector.repeating("mass-recovery-\(broadcasts)") {
            try await LoadStage.run { stage in
                let sessions = IdleSessions(at: stage.whip, worker: stage.worker)
                return try await sessions.run(broadcasts, aSecond: 10) { try await measure(on: stage, sessions) }
            }
        }
        print(report(outcome))
        return outcome
    }

    private func measure(on stage: LoadStage, _ sessions: IdleSessions) async throws -> Outcome {
        try await waitUntilLive(stage, within: .seconds(30))
        try await stage.restartSkyWay()
        let began = monotonicSeconds()
        // The loss is told to none of them before its socket ends.
        _ = try await eventually("it is noticed", within: .seconds(20)) {
            try await live(stage) < broadcasts ? true : nil
        }
        try await waitUntilLive(stage, within: .seconds(120))
        let seconds = monotonicSeconds() - began
        let state = try await get(State.self, "\(stage.skyWay)/local/state")
        let bots = state.channels.flatMap(\.members).count { $0.type.lowercased() == "bot" }
        return Outcome(
            seconds: seconds,
            traffic: state.traffic,
            lost: await sessions.lost,
            bots: bots,
            rooms: state.channels.count
        )
    }

    private func waitUntilLive(_ stage: LoadStage, within limit: Duration) async throws {
        _ = try await eventually("all are live", within: limit) {
            try await live(stage) == broadcasts ? true : nil
        }
    }

    private func live(_ stage: LoadStage) async throws -> Int {
        let base = stage.whip.dropLast("/whip".count)
        // Often enough for the figure, seldom enough not to be a load.
        try await Task.sleep(for: .milliseconds(100))
        return try await get(Live.self, "\(base)/api/v1/live").broadcasts.count { $0.state == "live" }
    }

    private func get<Document: Decodable>(_ type: Document.Type, _ url: String) async throws -> Document {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 16 << 20)
        return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }

    private func report(_ outcome: Outcome) -> String {
        let kinds = outcome.traffic.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.total), at most \($0.value.peak) in a second" }
        return """
            RECOVERY \(broadcasts) broadcasts, everything restarted: all live after \
            \(String(format: "%.1f", outcome.seconds)) s; \(outcome.lost) lost; \(kinds.joined(separator: "; ")); \
            \(outcome.bots) bots in \(outcome.rooms) rooms
            """
    }
}

extension MassRecoveryRun.Outcome {
    /// Checks that all came back in time, and that there was no storm.
    func expectCalmReturn(within limit: Double) {
        #expect(seconds <= limit)
        #expect(lost == 0)
        #expect(bots == rooms)
        // Forty come back in a second at most, with under four calls of each API in it.
        #expect(traffic["sockets"].map { $0.peak <= 40 } == true, "\(traffic)")
        #expect(traffic["calls"].map { $0.peak <= 150 } == true, "\(traffic)")
        #expect(traffic["rest"].map { $0.peak <= 150 } == true, "\(traffic)")
    }
}
