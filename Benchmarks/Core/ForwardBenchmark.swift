// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import RTC
import RTCCrypto
import RTCDriver

/// Forwards what some publishers send to a receiver each, over the loopback interface, and measures the gateway's thread.
struct ForwardBenchmark: Sendable {
    /// How many publishers there are.
    var publishers: Int
    /// In how many layers each of them sends its picture, each as much as a picture without layers.
    var layers = 1
    /// Packets per second of all publishers, as if they sent one layer.
    var rate: Int
    /// How long is measured.
    var duration: Duration
    /// How long it runs before that.
    var warmUp: Duration = .milliseconds(500)
    /// How many of the measured allocations tell where they come from.
    var traces = 0
    /// Counts the allocations, where it is there.
    var allocations: AllocationCounter?

    /// What was measured.
    struct Result: Sendable {
        var publishers: Int
        var layers: Int
        /// Packets forwarded while it was measured.
        var packets: UInt64
        var elapsed: Duration
        /// CPU time of the gateway's thread.
        var cpuTime: Duration
        var wakes: UInt64
        var allocations: UInt64?
        /// Packets that the publishers sent from begin to end, and what arrived of them.
        var sent = 0
        var delivered = DeliveryReport()

        /// How many packets are missing.
        var lost: Int { sent - delivered.received }

        /// CPU time for each second.
        var load: Double { cpuTime.inSeconds / elapsed.inSeconds }
    }

    /// Runs it once.
    ///
    /// - Returns: what was measured.
    /// - Throws: what keeps the paths from being opened.
    func run() async throws -> Result {
        let workers = try await ForwardingPath.Workers.start()
        let certificate = try Certificate.makeSelfSigned()
        var paths: [ForwardingPath] = []
        for _ in 0..<publishers {
            paths.append(try await ForwardingPath(workers, certificate: certificate, layers: layers))
        }
        for path in paths { try await path.connected() }
        let (control, log) = (TrafficControl(), DeliveryLog())
        for (index, path) in paths.enumerated() { try await path.play(as: index, control: control, log: log) }
        // Which layer is which has to be found first.
        try await control.play(plan, until: publishers * (layers + 1), in: log, attempts: 10)
        log.restart()
        let (already, begin) = (control.sent, Clock.now + TrafficControl.notice * 3)
        control.play(plan, from: begin, to: begin + warmUp + duration + .milliseconds(200))
        try await Task.sleep(for: begin - Clock.now + warmUp)
        var result = try await measure(workers.gateway, paths[0])
        // What is under way arrives within a few wakes.
        try await Task.sleep(for: .milliseconds(400))
        result.sent = control.sent - already
        result.delivered = log.restart()
        await workers.shutdown()
        return result
    }

    private var plan: TrafficPlan { TrafficPlan(publishers: publishers * layers, packetsPerSecond: rate * layers) }

    private func measure(_ gateway: MediaWorker.Handle, _ path: ForwardingPath) async throws -> Result {
        let counter = allocations
        let before = try await gateway.statistics()
        let start = ContinuousClock.now
        // Watching begins and ends inside the two snapshots, which allocate themselves.
        try await path.onGatewayThread { counter?.watch() }
        let allocated = counter?.value ?? 0
        counter?.trace(traces)
        try await Task.sleep(for: duration)
        counter?.trace(0)
        let allocatedThen = counter?.value ?? 0
        try await path.onGatewayThread { counter?.watch(false) }
        let elapsed = ContinuousClock.now - start
        let after = try await gateway.statistics()
        return Result(
            publishers: publishers,
            layers: layers,
            packets: after.packetsForwarded - before.packetsForwarded,
            elapsed: elapsed,
            cpuTime: after.cpuTime - before.cpuTime,
            wakes: after.wakes - before.wakes,
            allocations: counter.map { _ in allocatedThen - allocated }
        )
    }
}
