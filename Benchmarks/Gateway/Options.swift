// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the command line asks for.
struct Options {
    static let usage = """
        usage: GatewayBenchmark --gateway PROGRAM --floor PROGRAM [--quick] [--rounds N] [--seconds N] \
        [--only PUBLISHERS:PACKETS[:cm],…] [--consumers NUMBER,…] [--folder PATH]
        """

    var gateway = ""
    var floor = ""
    var rounds = 7
    var duration: Duration = .seconds(2)
    var scenarios = Scenario.all
    /// How many consumers the producer of SkyWayLocal has, one after the other.
    var consumers = [1, 10, 50]
    /// Whether only the parts are measured that are named.
    private var only = false
    /// Where logs and keys go.
    var folder = FileManager.default.temporaryDirectory
    /// Whether anything but a perfect run is a failure.
    var isStrict = false

    init?(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            if argument == "--quick" {
                (rounds, duration, scenarios, isStrict) = (2, .seconds(1), Scenario.quick, true)
                consumers = [1, 10]
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
        case "--consumers":
            let parts = value.split(separator: ",").map { Int($0) }
            consumers = parts.compactMap { $0 }.filter { (1...99).contains($0) }
            if !only { scenarios = [] }
            only = true
            return !consumers.isEmpty && parts.count == consumers.count
        case "--only":
            if !only { consumers = [] }
            only = true
            let parts = value.split(separator: ",").map { Scenario($0) }
            scenarios = parts.compactMap { $0 }
            return !parts.isEmpty && parts.count == scenarios.count
        default: return false
        }
        return true
    }
}
