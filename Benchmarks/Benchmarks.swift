// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

#if canImport(Glibc)
    import Glibc
#endif

/// Measures the packet path; `scripts/bench` builds and runs it.
@main
struct Benchmarks {
    private static let usage = """
        usage: Benchmarks [--quick] [--seconds N] [--publishers N,N,…] [--rate FACTOR] [--trace-allocations N]
        """

    /// What the command line asks for.
    struct Options {
        var seconds = 10
        var publishers = [1, 16]
        /// How many times as many pictures and sounds per second as usual.
        var rate = 1
        var traces = 0

        init?(_ arguments: some Sequence<String>) {
            var iterator = arguments.makeIterator()
            while let argument = iterator.next() {
                switch argument {
                case "--quick": seconds = 4
                case "--seconds":
                    guard let value = iterator.next().flatMap({ Int($0) }), (1...600).contains(value) else {
                        return nil
                    }
                    seconds = value
                case "--publishers":
                    let values = iterator.next()?.split(separator: ",").map { Int($0) } ?? []
                    publishers = values.compactMap { $0 }
                    guard !values.isEmpty, values.allSatisfy({ (1...1_000).contains($0 ?? 0) }) else { return nil }
                case "--rate":
                    guard let value = iterator.next().flatMap({ Int($0) }), (1...100).contains(value) else {
                        return nil
                    }
                    rate = value
                case "--trace-allocations":
                    guard let value = iterator.next().flatMap({ Int($0) }), (0...1_000).contains(value) else {
                        return nil
                    }
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
        var mix = MediaMix()
        mix.pictures *= options.rate
        mix.sounds *= options.rate
        print(
            "forward: \(mix.packetsPerSecond) packets/s and \(tenths(mix.megabits)) Mbit/s a publisher,",
            "\(options.seconds) s each, allocations \(allocations == nil ? "not counted" : "counted")"
        )
        for count in options.publishers {
            var benchmark = ForwardBenchmark(publishers: count, mix: mix, duration: .seconds(options.seconds))
            benchmark.traces = options.traces
            benchmark.allocations = allocations
            report(try await benchmark.run())
        }
    }

    private static func report(_ result: ForwardBenchmark.Result) {
        let packets = Double(max(result.packets, 1))
        let cpu = result.cpuTime.inSeconds * 1e6 / packets
        let lost = result.sent - min(result.sent, result.received)
        print(
            "forward publishers=\(result.publishers) packets=\(result.packets)",
            "cpu_us_per_packet=\(hundredths(cpu))",
            "allocations_per_packet=\(result.allocations.map { thousandths(Double($0) / packets) } ?? "-")",
            "allocations_per_second=\(result.allocations.map { tenths(Double($0) / result.elapsed.inSeconds) } ?? "-")",
            "packets_per_wake=\(tenths(packets / Double(max(result.wakes, 1))))",
            "cpu_percent=\(tenths(100 * result.cpuTime.inSeconds / result.elapsed.inSeconds))",
            "lost=\(lost)/\(result.sent)"
        )
    }

    private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    private static func hundredths(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
    private static func thousandths(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }
}
