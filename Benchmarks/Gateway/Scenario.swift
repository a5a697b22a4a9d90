// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import RTCCrypto

/// One line of the table: so many publishers, so many packets, one cipher.
struct Scenario: Hashable {
    var publishers: Int
    var packetsPerSecond: Int
    var profile: SRTPProfile = .aeadAES128GCM

    /// The one that the headline names.
    static let headline = Scenario(publishers: 64, packetsPerSecond: 40_000)

    /// What a whole run measures, in an order in which publishers only come.
    static let all = [
        Scenario(publishers: 1, packetsPerSecond: 20_000),
        Scenario(publishers: 16, packetsPerSecond: 20_000),
        Scenario(publishers: 64, packetsPerSecond: 10_000),
        Scenario(publishers: 64, packetsPerSecond: 20_000),
        headline,
        Scenario(publishers: 256, packetsPerSecond: 20_000),
        Scenario(publishers: 64, packetsPerSecond: 40_000, profile: .aes128CMHMACSHA1_80),
    ]

    /// What `--quick` measures.
    static let quick = [Scenario(publishers: 8, packetsPerSecond: 2_000)]

    /// The cipher's name in the table.
    var cipher: String { profile == .aes128CMHMACSHA1_80 ? "AES_CM" : "GCM" }

    /// What flows.
    var plan: TrafficPlan { TrafficPlan(publishers: publishers, packetsPerSecond: packetsPerSecond) }
}

extension Scenario {
    /// Reads `PUBLISHERS:PACKETS` or `PUBLISHERS:PACKETS:cm`.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":")
        guard parts.count >= 2, parts.count <= 3, let publishers = Int(parts[0]), let packets = Int(parts[1]),
            (1...400).contains(publishers), packets >= publishers, parts.count == 2 || parts[2] == "cm"
        else { return nil }
        self.init(
            publishers: publishers,
            packetsPerSecond: packets,
            profile: parts.count == 3 ? .aes128CMHMACSHA1_80 : .aeadAES128GCM
        )
    }
}

/// What the rounds of a scenario have shown.
struct ScenarioResult {
    let scenario: Scenario
    var gateway: [WindowResult] = []
    var floor: [WindowResult] = []
    var direct: [WindowResult] = []

    /// The gateway's CPU time per packet over the floor's, round by round.
    var ratio: Quartiles? { Quartiles(zip(gateway, floor).map { $0.cpu / $1.cpu }) }

    /// Whether all packets came, as they were sent.
    var isPerfect: Bool { gateway.allSatisfy { $0.lost == 0 && $0.wrong == 0 } }

    /// The head of the table.
    static let head = [
        "cipher", "publishers", "packets/s", "gateway us/packet", "floor us/packet", "ratio", "lost gateway, floor",
        "wrong", "ms p50 gateway, floor, direct", "ms p99 gateway, floor, direct",
    ]

    /// The cells of its line.
    var cells: [String] {
        func delays(_ key: KeyPath<WindowResult, Double>) -> String {
            [gateway, floor, direct].map { rounds in
                Self.number(Quartiles(rounds.map { $0[keyPath: key] })?.median, 2)
            }.joined(separator: ", ")
        }
        func lost(_ rounds: [WindowResult]) -> String {
            "\(rounds.reduce(0) { $0 + $1.lost })/\(rounds.reduce(0) { $0 + $1.sent })"
        }
        return [
            scenario.cipher, "\(scenario.publishers)", "\(scenario.packetsPerSecond)",
            Self.text(Quartiles(gateway.map(\.cpu))), Self.text(Quartiles(floor.map(\.cpu))), Self.text(ratio),
            "\(lost(gateway)), \(lost(floor))", "\((gateway + floor + direct).reduce(0) { $0 + $1.wrong })",
            delays(\.delays.median), delays(\.delays.tail),
        ]
    }

    /// A median with its quartiles.
    static func text(_ quartiles: Quartiles?) -> String {
        guard let quartiles else { return "-" }
        return "\(number(quartiles.median, 2)) (\(number(quartiles.lower, 2))-\(number(quartiles.upper, 2)))"
    }

    static func number(_ value: Double?, _ digits: Int) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "-"
    }
}
