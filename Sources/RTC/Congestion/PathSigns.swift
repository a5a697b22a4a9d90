// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a path shows of congestion beside the trend of its delays: a queue that does not drain, and losses.
///
/// A radio link loses packets without any congestion, and delays that grow for a moment are those of a picture that is
/// larger than others: neither alone is a reason to send less.
struct PathSigns: Sendable, BitwiseCopyable {
    /// What follows from the signs.
    struct Verdict: Hashable, Sendable, BitwiseCopyable {
        /// What the control of the rate is to make of it.
        var signal: DelayTrend.Signal
        /// How long packets wait in queues that never drain.
        var queue: Duration = .zero
        /// Whether losses alone say so, so that less may not help.
        var isByLossAlone = false
    }

    /// A queue that stands longer is one.
    private static let shortestQueue: Duration = .milliseconds(15)
    /// A queue that stands so long is congestion, whether it grows or not.
    private static let longestQueue: Duration = .milliseconds(100)
    /// The share of packets that is much to lose where a queue stands, and where none does.
    private static let highLoss = (queued: 0.1, alone: 0.3)
    /// The share that forbids more where a queue stands.
    private static let lowLoss = 0.02
    /// What a judgement on losses takes at least.
    private static let minimumPackets = 20
    private static let lossInterval: Duration = .milliseconds(300)

    private var queue = StandingQueue()
    private var arrived = 0
    private var missed = 0
    private var countedAt: MonotonicTime?
    /// The share of packets that was lost, as last counted.
    private(set) var lossShare = 0.0

    /// Takes a packet that arrived.
    mutating func receive(sent: MonotonicTime, arrival: MonotonicTime) {
        queue.receive(sent: sent, arrival: arrival)
    }

    /// Counts what a report told.
    mutating func count(arrived: Int, missed: Int, at now: MonotonicTime) {
        self.arrived += arrived
        self.missed += missed
        if countedAt == nil { countedAt = now }
        guard let countedAt, self.arrived + self.missed >= Self.minimumPackets, now - countedAt >= Self.lossInterval
        else { return }
        lossShare = Double(self.missed) / Double(self.arrived + self.missed)
        self.arrived = 0
        self.missed = 0
        self.countedAt = now
    }

    /// Says what follows.
    ///
    /// - Parameters:
    ///   - trend: what the trend of the delays says.
    ///   - isBursting: whether more is sent on purpose, so that a queue is to be expected.
    /// - Returns: the consequences.
    func verdict(with trend: DelayTrend.Signal, isBursting: Bool) -> Verdict {
        Self.verdict(trend, queue: isBursting ? .zero : queue.delay, lossShare: lossShare)
    }

    /// Says what follows of signs that were gathered otherwise.
    static func verdict(_ trend: DelayTrend.Signal, queue: Duration, lossShare: Double) -> Verdict {
        let hasQueue = queue >= shortestQueue
        if lossShare > highLoss.alone, !hasQueue { return Verdict(signal: .overuse, queue: queue, isByLossAlone: true) }
        if hasQueue, lossShare > highLoss.queued || trend == .overuse {
            return Verdict(signal: .overuse, queue: queue)
        }
        if queue >= longestQueue, trend != .underuse { return Verdict(signal: .overuse, queue: queue) }
        if trend != .normal || hasQueue && lossShare > lowLoss { return Verdict(signal: .underuse, queue: queue) }
        return Verdict(signal: .normal, queue: queue)
    }
}
