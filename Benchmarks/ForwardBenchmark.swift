// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver

/// Forwards what some publishers send to a receiver each, over the loopback interface, and measures the gateway's thread.
struct ForwardBenchmark: Sendable {
    /// How many publishers there are.
    var publishers: Int
    /// What each sends.
    var mix = MediaMix()
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
        /// Packets forwarded while it was measured.
        var packets: UInt64
        var elapsed: Duration
        /// CPU time of the gateway's thread.
        var cpuTime: Duration
        var wakes: UInt64
        var sendCalls: UInt64
        var allocations: UInt64?
        /// Packets that the publishers sent from begin to end, and that the receivers got.
        var sent: UInt64
        var received: UInt64
    }

    /// Runs it once.
    ///
    /// - Returns: what was measured.
    /// - Throws: what keeps the paths from being opened.
    func run() async throws -> Result {
        let workers = try await ForwardingPath.Workers.start()
        let certificate = try Certificate.makeSelfSigned()
        var paths: [ForwardingPath] = []
        for _ in 0..<publishers { paths.append(try await ForwardingPath(workers, certificate: certificate)) }
        for path in paths { try await path.connected() }
        let power = MixSource.Switch()
        for (index, path) in paths.enumerated() {
            // The golden ratio spreads any number of publishers over an interval.
            let phase = (0.618_034 * Double(index)).truncatingRemainder(dividingBy: 1)
            try await path.play(mix, phase: phase, power: power)
        }
        try await Task.sleep(for: warmUp)
        var result = try await measure(workers.gateway, paths[0])
        power.turnOff()
        // What is under way arrives within a few wakes.
        try await Task.sleep(for: .milliseconds(200))
        for path in paths {
            result.sent += try await path.publisher.statistics().session.packetsSent
            result.received += try await path.receiver.statistics().session.packetsReceived
        }
        await workers.shutdown()
        return result
    }

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
            packets: after.packetsForwarded - before.packetsForwarded,
            elapsed: elapsed,
            cpuTime: after.cpuTime - before.cpuTime,
            wakes: after.wakes - before.wakes,
            sendCalls: after.datagrams.sendCalls - before.datagrams.sendCalls,
            allocations: counter.map { _ in allocatedThen - allocated },
            sent: 0,
            received: 0
        )
    }
}
