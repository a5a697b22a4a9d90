// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Tells a path that has become longer, by another route or a relay, from one whose packets wait in a queue.
///
/// What comes out of a queue comes at the rate of its link, and to send less makes the queue drain. Where packets seem to
/// wait and less arrives, but the wait keeps its length, there is none.
struct ConstantQueue: Sendable, BitwiseCopyable {
    /// A queue keeps its length while the longest and the shortest of it lie closer together.
    private static let variation: Duration = .milliseconds(10)
    /// So long a queue has to keep its length, and less has to arrive within that time: the share that is left.
    private static let patience: (constant: Duration, slower: Duration) = (.seconds(1), .milliseconds(400))
    private static let slower = 0.88
    /// A queue that has just appeared, and keeps its length for the first of these, may be none until the second is over.
    private static let answer: (earliest: Duration, latest: Duration) = (.milliseconds(100), .milliseconds(1_500))

    private let appeared: MonotonicTime
    private var began: MonotonicTime
    private var shortest: Duration
    private var longest: Duration
    /// The rate of arrivals when it began to keep its length, in bits per second, and since when it has been far below that.
    private var throughput: Double
    private var slowerSince: MonotonicTime?

    /// A queue has appeared.
    ///
    /// - Parameters:
    ///   - queue: how long packets seem to wait.
    ///   - throughput: the bits per second that arrive.
    ///   - now: the moment.
    init(_ queue: Duration, throughput: Double, at now: MonotonicTime) {
        (appeared, began, shortest, longest) = (now, now, queue, queue)
        self.throughput = throughput
    }

    /// Whether it is soon to be seen if packets wait at all.
    func isUndecided(at now: MonotonicTime) -> Bool {
        now - began >= Self.answer.earliest && now - appeared < Self.answer.latest
    }

    /// For how long it has kept its length.
    func duration(at now: MonotonicTime) -> Duration { now - began }

    /// Notes what is seen at a moment.
    ///
    /// - Parameters:
    ///   - queue: how long packets seem to wait.
    ///   - throughput: the bits per second that arrive.
    ///   - now: the moment.
    /// - Returns: since when packets have seemed to wait, where they do not.
    mutating func note(_ queue: Duration, throughput: Double, at now: MonotonicTime) -> MonotonicTime? {
        (shortest, longest) = (min(shortest, queue), max(longest, queue))
        guard longest < shortest + Self.variation else {
            (began, shortest, longest, slowerSince) = (now, queue, queue, nil)
            self.throughput = throughput
            return nil
        }
        guard throughput < Self.slower * self.throughput else {
            slowerSince = nil
            return nil
        }
        let since = slowerSince ?? now
        slowerSince = since
        return now - began >= Self.patience.constant && now - since >= Self.patience.slower ? appeared : nil
    }
}
