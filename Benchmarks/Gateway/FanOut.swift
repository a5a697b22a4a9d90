// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import RTCCrypto

/// What SkyWayLocal's SFU costs: one producer to more and more consumers, beside the floor that does the same.
struct FanOut {
    /// Packets per second of the producer.
    static let packetsPerSecond = 600
    /// The most that an outgoing packet may cost, as a multiple of the floor's.
    static let limit = 1.5

    /// What the rounds with a number of consumers have shown.
    struct Line {
        let consumers: Int
        var local: [WindowResult] = []
        var floor: [WindowResult] = []

        /// SkyWayLocal's CPU time per outgoing packet over the floor's, round by round.
        var ratio: Quartiles? { Quartiles(zip(local, floor).map { $0.cpu / $1.cpu }) }

        /// Whether all packets came, as they were sent.
        var isPerfect: Bool { local.allSatisfy { $0.lost == 0 && $0.wrong == 0 } }

        /// The head of the table.
        static let head = [
            "consumers", "packets/s out", "SkyWayLocal us/packet", "floor us/packet", "ratio",
            "lost SkyWayLocal, floor", "wrong", "ms p50", "ms p99",
        ]

        /// The cells of its line.
        var cells: [String] {
            func pair(_ key: KeyPath<WindowResult, Double>) -> String {
                [local, floor].map { rounds in
                    ScenarioResult.number(Quartiles(rounds.map { $0[keyPath: key] })?.median, 2)
                }.joined(separator: ", ")
            }
            func lost(_ rounds: [WindowResult]) -> String {
                "\(rounds.reduce(0) { $0 + $1.lost })/\(rounds.reduce(0) { $0 + $1.sent })"
            }
            return [
                "\(consumers)", "\(consumers * FanOut.packetsPerSecond)",
                ScenarioResult.text(Quartiles(local.map(\.cpu))),
                ScenarioResult.text(Quartiles(floor.map(\.cpu))), ScenarioResult.text(ratio),
                "\(lost(local)), \(lost(floor))", "\((local + floor).reduce(0) { $0 + $1.wrong })",
                pair(\.delays.median), pair(\.delays.tail),
            ]
        }
    }

    let options: Options

    /// Measures, with a number of consumers after another.
    func measure() async throws -> [Line] {
        let path = try await FanOutPath(program: options.gateway, folder: options.folder)
        do {
            var lines: [Line] = []
            for consumers in options.consumers.sorted() {
                try await path.grow(to: consumers)
                lines.append(try await measure(consumers, path))
            }
            await path.close()
            return lines
        } catch {
            await path.close()
            throw error
        }
    }

    /// SkyWayLocal and the floor take turns.
    private func measure(_ consumers: Int, _ path: FanOutPath) async throws -> Line {
        let floor = try await PlainMeasurement(
            publishers: 1,
            profile: .aeadAES128GCM,
            consumers: consumers,
            floor: options.floor,
            folder: options.folder
        )
        let plan = TrafficPlan(publishers: 1, packetsPerSecond: Self.packetsPerSecond)
        var line = Line(consumers: consumers)
        for round in 1...options.rounds {
            func window(
                _ control: TrafficControl,
                _ log: DeliveryLog,
                _ server: ServerProcess?
            ) async throws -> WindowResult {
                try await .measure(
                    plan,
                    for: options.duration,
                    control: control,
                    log: log,
                    copies: consumers,
                    server: server
                )
            }
            line.local.append(try await window(path.control, path.log, path.server))
            line.floor.append(try await window(floor.control, floor.log, floor.server))
            print(
                "1 producer to \(consumers) consumers round \(round):",
                "SkyWayLocal \(ScenarioResult.number(line.local.last?.cpu, 2)) us,",
                "floor \(ScenarioResult.number(line.floor.last?.cpu, 2)) us"
            )
            fflush(nil)
        }
        await floor.close()
        return line
    }
}
