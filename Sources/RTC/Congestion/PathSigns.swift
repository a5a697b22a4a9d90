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
        /// The share of packets that was lost of late.
        var lossShare = 0.0
        /// Whether it is soon to be seen if there is a queue.
        var isUndecided = false
    }

    /// A queue that stands longer is one.
    private static let shortestQueue: Duration = .milliseconds(30)
    /// A queue that stands so long is congestion, whether it grows or not.
    private static let longestQueue: Duration = .milliseconds(100)
    /// The share of packets that is much to lose where a queue stands, and where none does.
    private static let highLoss = (queued: 0.1, alone: 0.35)
    /// The share that forbids more where a queue stands.
    private static let lowLoss = 0.02
    /// What a judgement on losses takes at least.
    private static let minimumPackets = 20
    private static let lossInterval: Duration = .milliseconds(300)

    /// A long queue that keeps its length for so long and loses nothing, whatever is sent, is none.
    private static let settlingTime: Duration = .seconds(3)

    private var queue = StandingQueue()
    private var constant: ConstantQueue?
    private var arrived = 0
    private var missed = 0
    private var countedAt: MonotonicTime?
    /// The share of packets that was lost, as last counted, and over a few seconds.
    private var lossShare = (latest: 0.0, mean: 0.0)
    private static let weight = 0.3

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
        lossShare.latest = Double(self.missed) / Double(self.arrived + self.missed)
        lossShare.mean += Self.weight * (lossShare.latest - lossShare.mean)
        self.arrived = 0
        self.missed = 0
        self.countedAt = now
    }

    /// Looks whether packets wait in no queue although it seems so, because the path has become longer.
    ///
    /// - Parameters:
    ///   - throughput: the bits per second that arrive.
    ///   - now: the present moment.
    /// - Returns: since when it has seemed so, where that was seen by sending less; from here on the path is taken as it is.
    mutating func findLongerPath(_ throughput: Double, at now: MonotonicTime) -> MonotonicTime? {
        let delay = queue.delay
        guard delay >= Self.shortestQueue else {
            constant = nil
            return nil
        }
        guard var constant else {
            self.constant = ConstantQueue(delay, throughput: throughput, at: now)
            return nil
        }
        let since = constant.note(delay, throughput: throughput, at: now)
        // Nobody sends less, but nothing is lost either.
        let isWhole = lossShare.latest <= Self.lowLoss
        let lasts = constant.duration(at: now)
        let isCarried = isWhole && delay >= Self.longestQueue && lasts >= Self.settlingTime
        self.constant = since == nil && !isCarried ? constant : nil
        if since != nil || isCarried { queue.settle() }
        return since
    }

    /// Says what follows.
    ///
    /// - Parameters:
    ///   - trend: what the trend of the delays says.
    ///   - isBursting: whether more is sent on purpose, so that a queue is to be expected.
    ///   - now: the present moment.
    /// - Returns: the consequences.
    func verdict(with trend: DelayTrend.Signal, isBursting: Bool, at now: MonotonicTime) -> Verdict {
        var verdict = Self.verdict(trend, queue: isBursting ? .zero : queue.delay, lossShare: lossShare)
        verdict.isUndecided = constant?.isUndecided(at: now) ?? false
        return verdict
    }

    /// Says what follows of signs that were gathered otherwise.
    static func verdict(
        _ trend: DelayTrend.Signal,
        queue: Duration,
        lossShare: (latest: Double, mean: Double)
    ) -> Verdict {
        let hasQueue = queue >= shortestQueue
        var verdict = Verdict(signal: .normal, queue: queue, lossShare: lossShare.latest)
        if !hasQueue, lossShare.mean > highLoss.alone {
            verdict.signal = .overuse
            verdict.isByLossAlone = true
        } else if hasQueue && (lossShare.latest > highLoss.queued || trend == .overuse)
            || queue >= longestQueue && trend != .underuse
        {
            verdict.signal = .overuse
        } else if trend != .normal || hasQueue && lossShare.latest > lowLoss {
            verdict.signal = .underuse
        }
        return verdict
    }
}
