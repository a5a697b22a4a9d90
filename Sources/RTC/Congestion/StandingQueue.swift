// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How long packets wait in queues on a path that never drain: the least delay of late above the least that was ever seen.
///
/// A burst makes a queue that is gone before the next one; only what stays is congestion, as in RFC 8289 §3.1.
struct StandingQueue: Sendable, BitwiseCopyable {
    /// The least of what was seen in this span of time and in the one before it.
    private struct Minimum: BitwiseCopyable {
        let span: Int64
        private var began: Int64?
        private var present = Int64.max
        private var former = Int64.max

        init(_ span: Duration) { self.span = span.inNanoseconds }

        mutating func add(_ value: Int64, at moment: Int64) {
            if let began {
                if moment - began >= span {
                    former = moment - began < 2 * span ? present : .max
                    present = .max
                    self.began = moment
                }
            } else {
                began = moment
            }
            present = min(present, value)
        }

        var value: Int64 { min(present, former) }
    }

    /// A path that was silent for so long is looked at anew.
    private static let longestGap: Int64 = 3_000_000_000

    private var usual = Minimum(.seconds(15))
    private var late = Minimum(.milliseconds(150))
    private var newestArrival: Int64?

    /// How long the shortest wait of the last 150 to 300 ms was.
    var delay: Duration {
        let (usual, late) = (usual.value, late.value)
        return usual == .max || late == .max ? .zero : .nanoseconds(max(0, late - usual))
    }

    /// What was shortest of late is usual from here on: the path has become longer.
    mutating func settle() {
        guard let newestArrival, late.value != .max else { return }
        usual = Minimum(.seconds(15))
        usual.add(late.value, at: newestArrival)
    }

    /// Takes a packet that arrived.
    ///
    /// - Parameters:
    ///   - sent: when it left, on the sender's clock.
    ///   - arrival: when it arrived, on the receiver's.
    mutating func receive(sent: MonotonicTime, arrival: MonotonicTime) {
        let arrival = Int64(clamping: arrival.nanoseconds)
        if let newestArrival, arrival - newestArrival > Self.longestGap { self = StandingQueue() }
        newestArrival = max(newestArrival ?? arrival, arrival)
        let delay = arrival &- Int64(clamping: sent.nanoseconds)
        usual.add(delay, at: arrival)
        late.add(delay, at: arrival)
    }
}
