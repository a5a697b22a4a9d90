// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much may be sent to a peer that tells nothing of arrivals: by what its receiver reports say of losses and of the
/// round-trip time, or by its own estimate (REMB).
struct ReportedPath: Sendable, BitwiseCopyable {
    /// Reports of so much time are judged together.
    private static let interval: Duration = .milliseconds(400)
    /// The round-trip time varies by so much without a queue.
    private static let usualVariation: Duration = .milliseconds(50)
    /// The least round-trip time is looked for anew after so long.
    private static let memory: Duration = .seconds(30)
    /// An estimate of the peer means something once it has fallen below this part of the highest.
    private static let fall = 0.95
    /// An estimate this many times what is sent is none of the path, and limits nothing.
    private static let room = 1.4

    private var limit = PathLimit()
    private var expected = 0
    private var lost = 0
    /// The mean over a few judgements.
    private var meanLoss = 0.0
    private var roundTrip: Duration?
    private var leastRoundTrip: (value: Duration, at: MonotonicTime)?
    private var formerQueue: Duration = .zero
    private var judged: (bytes: UInt64, at: MonotonicTime)?
    private var highestEstimate: UInt64 = 0
    private var estimate: UInt64?
    /// The bits per second that were sent of late.
    private var sent: Double?

    /// Makes one that has heard nothing.
    init() {}

    /// Bits per second; `nil` while there is no limit.
    var bitrate: UInt64? {
        guard let estimate, isLimit(estimate) else { return limit.bitrate }
        return min(estimate, limit.bitrate ?? .max)
    }

    /// Whether an estimate of the peer has fallen from what it had risen to, and not only follows what is sent.
    ///
    /// Where it begins low, it means nothing before it has reached what is sent.
    private func isLimit(_ estimate: UInt64) -> Bool {
        guard Double(estimate) < Self.fall * Double(highestEstimate) else { return false }
        guard let sent else { return true }
        return Double(estimate) < Self.room * sent && Double(highestEstimate) >= sent
    }

    /// When congestion last made it fall, by reports.
    var fellAt: MonotonicTime? { limit.fellAt }

    /// Another path is taken from here on: the round-trip times of the former one say nothing of it.
    mutating func forgetPath() {
        leastRoundTrip = nil
        formerQueue = .zero
    }

    /// Takes what the peer says that it can take.
    mutating func receive(estimate: UInt64) {
        highestEstimate = max(highestEstimate, estimate)
        self.estimate = estimate
    }

    /// Takes a report on one stream.
    ///
    /// - Parameters:
    ///   - expected: packets that were expected since the last report on it.
    ///   - lost: how many of them did not come.
    ///   - roundTrip: the round-trip time by it; `nil` where it tells none.
    ///   - bytesSent: all that was ever sent.
    ///   - now: the present moment.
    mutating func receive(expected: Int, lost: Int, roundTrip: Duration?, bytesSent: UInt64, at now: MonotonicTime) {
        self.expected += max(0, expected)
        self.lost += max(0, lost)
        if let roundTrip { note(roundTrip, at: now) }
        guard let judged else {
            self.judged = (bytesSent, now)
            return
        }
        let elapsed = now - judged.at
        guard elapsed >= Self.interval, self.expected > 0 else { return }
        let share = min(1, Double(self.lost) / Double(self.expected))
        let sent = Double((bytesSent &- judged.bytes) * 8) / elapsed.inSeconds
        self.judged = (bytesSent, now)
        self.sent = sent
        if let estimate, Double(estimate) >= Self.room * sent { highestEstimate = estimate }
        self.expected = 0
        self.lost = 0
        limit.update(verdict(share), throughput: sent * (1 - share), roundTrip: self.roundTrip ?? .zero, at: now)
    }

    private mutating func verdict(_ lossShare: Double) -> PathSigns.Verdict {
        let waits = (roundTrip ?? .zero) + (.zero - (leastRoundTrip?.value ?? .zero))
        let queue = waits > Self.usualVariation ? waits : .zero
        defer { formerQueue = queue }
        // One long round trip is chance.
        let stays = min(queue, formerQueue)
        let trend: DelayTrend.Signal = queue < formerQueue ? .underuse : stays > .zero ? .overuse : .normal
        meanLoss += 0.5 * (lossShare - meanLoss)
        return PathSigns.verdict(trend, queue: stays, lossShare: (lossShare, meanLoss))
    }

    private mutating func note(_ time: Duration, at now: MonotonicTime) {
        roundTrip = time
        guard let least = leastRoundTrip, time > least.value, now - least.at < Self.memory else {
            leastRoundTrip = (time, now)
            return
        }
    }
}
