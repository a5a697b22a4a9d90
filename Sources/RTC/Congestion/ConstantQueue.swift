// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Tells a path that has become longer, by another route or a relay, from one whose packets wait in a queue.
///
/// What arrives from behind a queue arrives at the rate of its link, and any other rate makes the queue grow or drain. Where
/// a wait keeps its length while the rate changes, or for long and without losses, there is none.
struct ConstantQueue: Sendable, BitwiseCopyable {
    /// A queue keeps its length while the longest and the shortest of it lie closer together.
    private static let variation: Duration = .milliseconds(10)
    /// So long a queue has to keep its length, where the rate changes and where nothing is lost.
    private static let patience: (changing: Duration, whole: Duration) = (.seconds(1), .seconds(3))
    /// The share by which the rate changes then.
    private static let change = 0.12
    /// For so long it is awaited what follows from the rate.
    private static let answer: Duration = .milliseconds(1_200)

    private var shortest: Duration = .zero
    private var longest: Duration = .zero
    /// The least and the greatest rate of arrivals in this time, in bits per second.
    private var slowest = 0.0
    private var fastest = 0.0
    private var began: MonotonicTime?

    /// Whether it is soon to be seen if packets wait at all.
    func isUndecided(at now: MonotonicTime) -> Bool {
        began.map { now - $0 < Self.answer } ?? false
    }

    /// Notes what is seen at a moment.
    ///
    /// - Parameters:
    ///   - queue: how long packets seem to wait.
    ///   - throughput: the bits per second that arrive.
    ///   - isWhole: whether nothing much is lost.
    ///   - now: the moment.
    /// - Returns: since when packets have seemed to wait, where they do not.
    mutating func note(
        _ queue: Duration,
        throughput: Double,
        isWhole: Bool,
        at now: MonotonicTime
    ) -> MonotonicTime? {
        let (least, most) = (min(shortest, queue), max(longest, queue))
        guard let began, most < least + Self.variation else {
            (shortest, longest, slowest, fastest, self.began) = (queue, queue, throughput, throughput, now)
            return nil
        }
        (shortest, longest) = (least, most)
        (slowest, fastest) = (min(slowest, throughput), max(fastest, throughput))
        let lasts = now - began
        let changes = slowest < (1 - Self.change) * fastest
        let patience = changes ? Self.patience.changing : Self.patience.whole
        return (changes || isWhole) && lasts >= patience ? began : nil
    }
}
