// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the command line asks for.
struct Options {
    static let usage = """
        usage: GatewayBenchmark --gateway PROGRAM --floor PROGRAM [--quick] [--rounds N] [--seconds N] \
        [--only PUBLISHERS:PACKETS[:cm],…] [--folder PATH]
        """

    var gateway = ""
    var floor = ""
    var rounds = 7
    var duration: Duration = .seconds(2)
    var scenarios = Scenario.all
    /// Where logs and keys go.
    var folder = FileManager.default.temporaryDirectory
    /// Whether anything but a perfect run is a failure.
    var isStrict = false

    init?(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            if argument == "--quick" {
                (rounds, duration, scenarios, isStrict) = (2, .seconds(1), Scenario.quick, true)
                continue
            }
            guard let value = iterator.next(), set(argument, to: value) else { return nil }
        }
        guard !gateway.isEmpty, !floor.isEmpty else { return nil }
        // A gateway only gets more publishers.
        scenarios.sort { ($0.publishers, $0.packetsPerSecond) < ($1.publishers, $1.packetsPerSecond) }
    }

    private mutating func set(_ argument: String, to value: String) -> Bool {
        switch argument {
        case "--gateway": gateway = value
        case "--floor": floor = value
        case "--folder": folder = URL(fileURLWithPath: value)
        case "--rounds":
            guard let number = Int(value), (1...1_000).contains(number) else { return false }
            rounds = number
        case "--seconds":
            guard let number = Int(value), (1...60).contains(number) else { return false }
            duration = .seconds(number)
        case "--only":
            let parts = value.split(separator: ",").map { Scenario($0) }
            scenarios = parts.compactMap { $0 }
            return !parts.isEmpty && parts.count == scenarios.count
        default: return false
        }
        return true
    }
}
