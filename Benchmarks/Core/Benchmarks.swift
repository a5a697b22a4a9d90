// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import RTC

#if canImport(Glibc)
    import Glibc
#endif

/// Measures the packet path inside one process; `scripts/bench` builds and runs it.
@main
struct Benchmarks {
    private static let usage = """
        usage: Benchmarks [--quick] [--seconds N] [--publishers N,N,…] [--rate PACKETS] [--trace-allocations N]
        """

    /// What the command line asks for.
    struct Options {
        var seconds = 5
        var publishers = [1, 64]
        /// Packets per second of all publishers.
        var rate = 20_000
        var traces = 0
        /// How often three layers are measured beside one.
        var rounds = 5
        /// Whether it is a short run, whose times say little.
        var isQuick = false

        init?(_ arguments: some Sequence<String>) {
            var iterator = arguments.makeIterator()
            func number(_ text: String?, _ range: ClosedRange<Int>) -> Int? {
                text.flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
            }
            while let argument = iterator.next() {
                switch argument {
                case "--quick": (seconds, publishers, rounds, isQuick) = (3, [], 1, true)
                case "--seconds":
                    guard let value = number(iterator.next(), 1...600) else { return nil }
                    seconds = value
                case "--publishers":
                    let values = iterator.next()?.split(separator: ",").map { number(String($0), 1...1_000) } ?? []
                    publishers = values.compactMap { $0 }
                    guard !values.isEmpty, publishers.count == values.count else { return nil }
                case "--rate":
                    guard let value = number(iterator.next(), 1_000...1_000_000) else { return nil }
                    rate = value
                case "--trace-allocations":
                    guard let value = number(iterator.next(), 0...1_000) else { return nil }
                    traces = value
                default: return nil
                }
            }
        }
    }

    static func main() async throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(usage)
            exit(2)
        }
        let allocations = AllocationCounter()
        if let allocations, !allocations.seesPlantedAllocations() {
            print("The allocation counter does not see what was allocated for it to see.")
            exit(1)
        }
        print(
            "forward in one process: \(options.rate) packets/s, \(options.seconds) s each,",
            "allocations of the media thread \(allocations == nil ? "not counted" : "counted")"
        )
        var isPerfect = true
        func run(publishers: Int, layers: Int, rate: Int) async throws -> ForwardBenchmark.Result {
            let result = try await ForwardBenchmark(
                publishers: publishers,
                layers: layers,
                rate: rate,
                duration: .seconds(options.seconds),
                traces: options.traces,
                allocations: allocations
            ).run()
            report(result)
            isPerfect = isGood(result) && isPerfect
            return result
        }
        for count in options.publishers { _ = try await run(publishers: count, layers: 1, rate: options.rate) }
        var ratios: [Double] = []
        for _ in 0..<options.rounds {
            let one = try await run(publishers: layeredPublishers, layers: 1, rate: layeredRate)
            let three = try await run(publishers: layeredPublishers, layers: 3, rate: layeredRate)
            ratios.append(three.load / one.load)
        }
        if let ratio = Quartiles(ratios) {
            let parts = [ratio.median, ratio.lower, ratio.upper].map { rounded($0, 100) }
            print(
                "three layers cost \(parts[0]) (\(parts[1])-\(parts[2])) x one layer, \(layeredPublishers) publishers,",
                "\(options.rounds) rounds"
            )
            // A single short round on a machine that does other things as well would say nothing.
            if !options.isQuick, ratio.median > 3 {
                print("FAILED: more than 3 x one layer.")
                exit(1)
            }
        }
        if options.isQuick, !isPerfect { exit(1) }
    }

    /// What is compared with and without layers: sound and a picture of 250 packets per second each.
    private static let (layeredPublishers, layeredRate) = (16, 4_000)

    /// Allocations per second and publisher that connectivity checks may make (keys of HMAC-SHA1, user names), and for
    /// each of several layers that looking at them twice a second may: far below one for each of its packets, which make
    /// none.
    private static let (allowedAllocations, allowedForLayer) = (32.0, 16.0)

    private static func isGood(_ result: ForwardBenchmark.Result) -> Bool {
        if result.lost != 0 || !result.delivered.isClean {
            print("FAILED: packets were lost or changed.")
            return false
        }
        let rate = Double(result.allocations ?? 0) / result.elapsed.inSeconds
        let allowed = allowedAllocations + (result.layers > 1 ? allowedForLayer * Double(result.layers) : 0)
        if rate > allowed * Double(result.publishers) {
            print("FAILED: the media thread allocates; look where with --trace-allocations 20.")
            return false
        }
        return true
    }

    private static func report(_ result: ForwardBenchmark.Result) {
        let packets = Double(max(result.packets, 1))
        let cpu = result.cpuTime.inSeconds * 1e6 / packets
        print(
            "forward publishers=\(result.publishers) layers=\(result.layers) packets=\(result.packets)",
            "cpu_us_per_packet=\(rounded(cpu, 100))",
            "allocations_per_packet=\(result.allocations.map { rounded(Double($0) / packets, 1_000) } ?? "-")",
            "allocations_per_second=\(result.allocations.map { rounded(Double($0) / result.elapsed.inSeconds, 10) } ?? "-")",
            "packets_per_wake=\(rounded(packets / Double(max(result.wakes, 1)), 10))",
            "cpu_percent=\(rounded(100 * result.cpuTime.inSeconds / result.elapsed.inSeconds, 10))",
            "lost=\(result.lost)/\(result.sent)",
            "damaged=\(result.delivered.damaged) misplaced=\(result.delivered.misplaced)",
            "misnumbered=\(result.delivered.misnumbered)"
        )
    }

    private static func rounded(_ value: Double, _ parts: Double) -> String { "\((value * parts).rounded() / parts)" }
}
