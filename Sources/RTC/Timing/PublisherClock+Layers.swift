// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension PublisherClock {
    /// Layers whose timestamps lie less than this apart, in nanoseconds, count from one beginning: two that each begin
    /// anywhere do so once in 50,000 times at 90 kHz.
    private static let mostBetweenAlike: Int64 = 500_000_000

    /// How the timestamps of two layers of one track lie to each other.
    ///
    /// By the sender reports of both where these are believed; otherwise layers whose timestamps are nearly the same count
    /// alike, and others lie as their earliest arrivals do.
    ///
    /// - Parameters:
    ///   - from: the place of the stream whose timestamps are the measure.
    ///   - to: the place of the other stream.
    /// - Returns: what is added to a timestamp of the other stream; `nil` where either has not begun.
    package func shift(from: Int, to: Int) -> UInt32? {
        guard from < streams.count, to < streams.count, let measure = streams[from], let other = streams[to] else {
            return nil
        }
        let areReported = measure.followed != nil && other.followed != nil
        if !areReported || measure.reports == nil || other.reports == nil, countAlike(measure, other) { return 0 }
        let captured = captured(other.newestPlace, of: other)
        let passed = captured &- self.captured(measure.newestPlace, of: measure)
        return measure.timestamp(passed) &- other.newest.timestamp
    }

    /// Whether two layers count from one beginning, as far as arrivals tell.
    func countAlike(_ first: StreamClock, _ second: StreamClock) -> Bool {
        guard first.rate == second.rate else { return false }
        let passed =
            second.arrivals.arrival(of: second.newestPlace) &- first.arrivals.arrival(of: first.newestPlace)
        let difference = Int32(bitPattern: first.timestamp(passed) &- second.newest.timestamp)
        return Double(difference).magnitude / first.rate <= Double(Self.mostBetweenAlike)
    }

    /// Lets layers that count alike be captured alike, at the earliest arrival of any.
    mutating func alignLayers(at now: Int64) {
        for first in streams.indices where !isLed(first, at: now) {
            guard let leader = streams[first], leader.isFlowing(at: now) else { continue }
            let timestamp = leader.newest.timestamp
            var (earliest, delay) = (Int64.max, Int64.max)
            for case let other? in streams[first...] where belong(leader, other, at: now) {
                earliest = min(earliest, other.arrivals.arrival(of: other.place(of: timestamp)))
                delay = min(delay, other.delay)
            }
            for slot in streams.indices[first...] {
                guard let other = streams[slot], belong(leader, other, at: now) else { continue }
                let own = other.arrivals.arrival(of: other.place(of: timestamp))
                streams[slot]?.delay = delay &+ own &- earliest
            }
        }
    }

    /// Whether a stream before this one counts alike and is of the same track.
    private func isLed(_ slot: Int, at now: Int64) -> Bool {
        guard let stream = streams[slot] else { return true }
        for case let other? in streams[..<slot] where belong(other, stream, at: now) { return true }
        return false
    }

    private func belong(_ first: StreamClock, _ second: StreamClock, at now: Int64) -> Bool {
        first.track == second.track && first.isFlowing(at: now) && second.isFlowing(at: now)
            && countAlike(first, second)
    }
}
