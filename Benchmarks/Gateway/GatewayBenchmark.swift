// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import RTC
import RTCCrypto

/// Measures the gateway's release binary against the floor; `scripts/bench` builds both and runs this.
@main
struct GatewayBenchmark {
    static func main() async throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(Options.usage)
            exit(2)
        }
        print("gateway against floor, \(options.rounds) interleaved rounds of \(options.duration) each; \(machine)")
        var results: [ScenarioResult] = []
        for profile in [SRTPProfile.aeadAES128GCM, .aes128CMHMACSHA1_80] {
            let scenarios = options.scenarios.filter { $0.profile == profile }
            guard !scenarios.isEmpty else { continue }
            do {
                results += try await measure(scenarios, profile, options)
            } catch let error as BenchmarkError {
                print("FAILED: \(error)")
                exit(1)
            }
        }
        let lines = try await fanOut(options)
        if !results.isEmpty {
            print("", table([ScenarioResult.head] + results.map(\.cells)), "", separator: "\n")
        }
        if !lines.isEmpty { print("", table([FanOut.Line.head] + lines.map(\.cells)), "", separator: "\n") }
        print("medians with quartiles; delays are one-way from generator to sink; \(machine)")
        if options.isStrict, !results.allSatisfy(\.isPerfect) || !lines.allSatisfy(\.isPerfect) {
            print("FAILED: packets were lost or changed on their way through the gateway or SkyWayLocal.")
            exit(1)
        }
        for line in lines {
            guard let ratio = line.ratio else { continue }
            print(
                "\(ScenarioResult.text(ratio)) x the floor per outgoing packet of SkyWayLocal, 1 producer to",
                "\(line.consumers) consumers, \(line.local.count) rounds"
            )
            // Two short rounds on a machine that does other things as well would say nothing.
            if !options.isStrict, ratio.median > FanOut.limit {
                print("FAILED: more than \(FanOut.limit) x the floor.")
                exit(1)
            }
        }
        if let last = results.first(where: { $0.scenario == .headline }) ?? results.last, let ratio = last.ratio {
            print(
                "\(ScenarioResult.text(ratio)) x the floor, a plain C forwarder with the same sockets and crypto, at",
                "\(last.scenario.publishers) publishers, \(last.scenario.packetsPerSecond) packets/s,",
                "\(last.scenario.cipher), \(last.gateway.count) rounds"
            )
        }
    }

    /// Measures SkyWayLocal's own cost.
    private static func fanOut(_ options: Options) async throws -> [FanOut.Line] {
        guard !options.consumers.isEmpty else { return [] }
        do {
            return try await FanOut(options: options).measure()
        } catch let error as BenchmarkError {
            print("FAILED: \(error)")
            exit(1)
        }
    }

    /// Measures the scenarios of one cipher, with more and more publishers on one gateway.
    private static func measure(
        _ scenarios: [Scenario],
        _ profile: SRTPProfile,
        _ options: Options
    ) async throws -> [ScenarioResult] {
        let path = try await GatewayPath(
            gateway: options.gateway,
            profile: profile == .aes128CMHMACSHA1_80 ? profile : nil,
            folder: options.folder
        )
        do {
            let results = try await measure(scenarios, path, options)
            await path.close()
            return results
        } catch {
            await path.close()
            throw error
        }
    }

    private static func measure(
        _ scenarios: [Scenario],
        _ path: GatewayPath,
        _ options: Options
    ) async throws -> [ScenarioResult] {
        var results: [ScenarioResult] = []
        var (memory, sessions) = (path.server.residentBytes, 0)
        for scenario in scenarios {
            if scenario.publishers > sessions {
                try await path.grow(to: scenario.publishers)
                let kilobytes = (path.server.residentBytes - memory) / 1_024 / (scenario.publishers - sessions)
                print("memory per session, \(sessions) to \(scenario.publishers) publishers: \(kilobytes) KiB")
                (memory, sessions) = (path.server.residentBytes, scenario.publishers)
            }
            results.append(try await measure(scenario, path, options))
        }
        return results
    }

    /// Measures one scenario: gateway, floor and the direct way take turns.
    private static func measure(
        _ scenario: Scenario,
        _ path: GatewayPath,
        _ options: Options
    ) async throws -> ScenarioResult {
        let floor = try await PlainMeasurement(
            publishers: scenario.publishers,
            profile: scenario.profile,
            floor: options.floor,
            folder: options.folder
        )
        let direct = try await PlainMeasurement(
            publishers: scenario.publishers,
            profile: scenario.profile,
            floor: nil,
            folder: options.folder
        )
        var result = ScenarioResult(scenario: scenario)
        for round in 1...options.rounds {
            func window(
                _ control: TrafficControl,
                _ log: DeliveryLog,
                _ server: ServerProcess?,
                _ duration: Duration
            ) async throws -> WindowResult {
                try await .measure(scenario.plan, for: duration, control: control, log: log, server: server)
            }
            result.gateway.append(try await window(path.control, path.log, path.server, options.duration))
            result.floor.append(try await window(floor.control, floor.log, floor.server, options.duration))
            result.direct.append(try await window(direct.control, direct.log, nil, .milliseconds(500)))
            print(
                "\(scenario.publishers) publishers \(scenario.packetsPerSecond)/s \(scenario.cipher) round \(round):",
                "gateway \(ScenarioResult.number(result.gateway.last?.cpu, 2)) us,",
                "floor \(ScenarioResult.number(result.floor.last?.cpu, 2)) us"
            )
            // Line by line into a pipe as well.
            fflush(nil)
        }
        await floor.close()
        await direct.close()
        return result
    }

    /// The machine, and how much else it has to do.
    private static var machine: String {
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").prefix(3)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return "\(cores) processors, load \(load?.joined(separator: " ") ?? "unknown")"
    }

    private static func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
