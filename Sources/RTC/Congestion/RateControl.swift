// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much may be sent on a path whose queues are watched: more while they stay, less at once when they grow
/// (draft-ietf-rmcat-gcc-02 §5.5).
package struct RateControl: Sendable, BitwiseCopyable {
    /// The rates that can come out, in bits per second.
    package static let range = 30_000.0...100_000_000

    /// What is taken away when queues grow.
    private static let backOff = 0.85
    /// How much faster per second, far from the capacity of the path.
    private static let growth = 1.08
    /// No more than this times what arrives can be known to fit.
    private static let headroom = 1.5

    /// Bits per second.
    package private(set) var bitrate: Double
    /// When queues last made it fall.
    package private(set) var fellAt: MonotonicTime?

    private var isHolding = false
    private var updatedAt: MonotonicTime?
    /// What arrived when queues grew: the capacity of the path, its mean and its variance relative to it.
    private var capacity: Double?
    private var variance = 0.4

    /// Makes a control.
    ///
    /// - Parameter bitrate: the rate to begin with.
    package init(bitrate: Double) {
        self.bitrate = min(max(bitrate, Self.range.lowerBound), Self.range.upperBound)
    }

    /// Draws the consequences of what the delays say.
    ///
    /// - Parameters:
    ///   - signal: what they say.
    ///   - throughput: the bits per second that arrive; `nil` where that is not known yet.
    ///   - roundTrip: the round-trip time.
    ///   - now: the present moment.
    package mutating func update(
        _ signal: DelayTrend.Signal,
        throughput: Double?,
        roundTrip: Duration,
        at now: MonotonicTime
    ) {
        let elapsed = min((updatedAt.map { now - $0 } ?? .zero).inSeconds, 1)
        updatedAt = now
        switch signal {
        case .overuse: decrease(throughput, roundTrip: roundTrip, at: now)
        case .underuse: isHolding = true
        case .normal:
            if isHolding {
                isHolding = false
            } else {
                increase(by: elapsed, throughput, roundTrip: roundTrip)
            }
        }
    }

    /// A burst has shown that the path carries more.
    package mutating func raise(to proven: Double, at now: MonotonicTime) {
        guard proven > bitrate else { return }
        bitrate = min(proven, Self.range.upperBound)
        if let capacity, bitrate > capacity + 3 * deviation(capacity) { self.capacity = nil }
        updatedAt = now
    }

    private func deviation(_ capacity: Double) -> Double { (variance * capacity / 1_000).squareRoot() * 1_000 }

    private mutating func increase(by elapsed: Double, _ throughput: Double?, roundTrip: Duration) {
        if let capacity, let throughput, throughput > capacity + 3 * deviation(capacity) { self.capacity = nil }
        var raised = bitrate
        if capacity != nil {
            // About one packet more each time that the path can have answered.
            let response = max(0.1, roundTrip.inSeconds) + 0.1
            raised += max(4_000, 9_600 / response) * elapsed
        } else {
            var factor = 1.0 + (Self.growth - 1) * elapsed
            if elapsed == 0 { factor = 1 }
            raised = max(bitrate * factor, bitrate + 1_000 * elapsed)
        }
        if let throughput { raised = min(raised, max(bitrate, Self.headroom * throughput + 10_000)) }
        bitrate = min(raised, Self.range.upperBound)
    }

    private mutating func decrease(_ throughput: Double?, roundTrip: Duration, at now: MonotonicTime) {
        // One fall per round trip: the path has to answer first.
        if let fellAt, now - fellAt < max(.milliseconds(200), roundTrip) { return }
        let arriving = throughput ?? bitrate
        if let capacity {
            let error = arriving - capacity
            if error < -3 * deviation(capacity) {
                self.capacity = nil
            } else {
                self.capacity = 0.95 * capacity + 0.05 * arriving
                variance = min(max(0.95 * variance + 0.05 * error * error / max(capacity, 1) / 1_000, 0.4), 2.5)
            }
        }
        if capacity == nil {
            capacity = arriving
            variance = 0.4
        }
        bitrate = max(min(bitrate, Self.backOff * arriving), Self.range.lowerBound)
        fellAt = now
        isHolding = true
    }
}
