// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    /// The command itself, with SkyWayLocal across a network; `GatewayTests` has what it says of each set-up.
    @Suite("The doctor")
    struct DoctorTests {
        /// What one run said.
        private struct Said {
            let code: TerminationStatus
            let lines: [String]

            /// The line of a check, such as "UDP to the SFU".
            func line(_ check: String) -> String { lines.first { $0.dropFirst(11).hasPrefix(check) } ?? "" }
        }

        private struct Diagnosis: Decodable {
            var section: String
            var check: String
            var status: String
            var detail: String
            var advice: String?
        }

        private static func run(
            _ options: [String] = [],
            settings: [String: String] = [:],
            on stage: Stage
        ) async throws -> Said {
            let environment = Stage.gatewayEnvironment.merging(Stage.credentials) { $1 }.merging(settings) { $1 }
            let command = [Machine.gatewayBinary, "doctor", "--timeout", "2"] + options
            let process = stage.start("doctor", in: .gateway, command, environment: environment)
            let end = try await process.end(within: .seconds(60))
            #expect(process.errors.lines() == [])
            return Said(code: end, lines: process.output.lines())
        }

        @Test("A good set-up ends with 0, as lines and as JSON, beside a gateway that runs and by itself")
        func healthy() async throws {
            try await Stage.run("doctor-healthy") { stage in
                try await stage.startSkyWay()
                let alone = try await Self.run(on: stage)
                #expect(alone.code == .exited(0), "\(alone.lines)")
                #expect(alone.line("Media ports").contains("free: port 40000"))
                #expect(alone.line("UDP to the SFU").contains("\(Namespaces.viewerAddress):41000, round trip"))
                #expect(alone.line("TCP to the SFU").contains("\(Namespaces.viewerAddress):41000, round trip"))
                #expect(alone.lines.last?.hasPrefix("All is well: ") == true)
                #expect(!alone.lines.contains { $0.contains("\u{1b}") })
                try await stage.startGateway()
                let beside = try await Self.run(["--json"], on: stage)
                #expect(beside.code == .exited(0), "\(beside.lines)")
                let text = Data(beside.lines.joined(separator: "\n").utf8)
                let diagnoses = try JSONDecoder().decode([Diagnosis].self, from: text)
                #expect(
                    diagnoses.count
                        == alone.lines.count {
                            $0.hasPrefix("  ok") || $0.hasPrefix("  skipped") || $0.hasPrefix("  note")
                        }
                )
                #expect(diagnoses.allSatisfy { ["ok", "note", "skipped"].contains($0.status) && !$0.detail.isEmpty })
                #expect(diagnoses.allSatisfy { ($0.advice != nil) == ($0.status == "note") })
                let media = try #require(diagnoses.first { $0.check == "Media ports" })
                #expect(media.detail == "port 40000 is that of the gateway that runs")
            }
        }

        @Test("Where UDP to the SFU is blocked it says so and ends with 1, and finds the way by TCP")
        func blocked() async throws {
            try await Stage.run("doctor-blocked") { stage in
                try await stage.startSkyWay()
                let table = """
                    table ip doctor {
                    chain out {
                    type filter hook output priority 0
                    udp dport 41000 drop
                    }
                    }
                    """
                try await stage.run(["nft", table], in: .gateway)
                let said = try await Self.run(on: stage)
                #expect(said.code == .exited(1), "\(said.lines)")
                #expect(said.line("UDP to the SFU").hasPrefix("  problem"))
                #expect(said.line("TCP to the SFU").hasPrefix("  ok"))
                #expect(said.line("DTLS").hasPrefix("  skipped"))
                #expect(said.lines.contains { $0.contains("→ Let UDP out to any address, here to port 41000") })
            }
        }

        @Test("A setting that can't be read ends it with 1, an option that can't with 64")
        func unreadable() async throws {
            try await Stage.run("doctor-unreadable") { stage in
                let setting = try await Self.run(settings: ["GATEWAY_HTTP_PORT": "eighty"], on: stage)
                #expect(setting.code == .exited(1))
                #expect(setting.line("Settings").contains("GATEWAY_HTTP_PORT is \"eighty\""))
                let process = stage.start("doctor", in: .gateway, [Machine.gatewayBinary, "doctor", "--timeout", "0"])
                #expect(try await process.end(within: .seconds(10)) == .exited(64))
            }
        }
    }
}
