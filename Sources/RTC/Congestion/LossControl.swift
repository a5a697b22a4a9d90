// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What losses say of how much may be sent (draft-ietf-rmcat-gcc-02 §6): less above a tenth, more below a fiftieth.
struct LossControl: Sendable, BitwiseCopyable {
    private static let high = 0.1
    private static let low = 0.02
    /// Packets that a judgement takes at least.
    private static let minimumPackets = 20
    private static let growth = 0.08

    /// The bits per second that losses allow; `nil` where they set no limit.
    private(set) var limit: Double?
    /// When losses last made it fall.
    private(set) var fellAt: MonotonicTime?
    private var arrived = 0
    private var missed = 0
    private var judgedAt: MonotonicTime?

    /// Counts what a report told.
    mutating func update(arrived: Int, missed: Int, bitrate: Double, roundTrip: Duration, at now: MonotonicTime) {
        self.arrived += arrived
        self.missed += missed
        let elapsed = judgedAt.map { now - $0 } ?? .seconds(1)
        guard self.arrived + self.missed >= Self.minimumPackets, elapsed > roundTrip + .milliseconds(300) else {
            return
        }
        let fraction = Double(self.missed) / Double(self.arrived + self.missed)
        self.arrived = 0
        self.missed = 0
        judgedAt = now
        if fraction > Self.high {
            limit = max(RateControl.range.lowerBound, bitrate * (1 - 0.5 * fraction))
            fellAt = now
        } else if fraction < Self.low, let limit {
            let raised = limit * (1 + Self.growth * min(elapsed.inSeconds, 1)) + 1_000
            // Well above what else limits, it has nothing to say any more.
            self.limit = raised > 2 * bitrate ? nil : raised
        }
    }

    /// A burst has shown that the path carries more.
    mutating func raise(to proven: Double) {
        if let limit, proven > limit { self.limit = proven }
    }
}
