// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// When the packets of pictures leave: what comes in a burst is spread out, what does not goes at once.
///
/// It decides by sizes and moments; packets wait elsewhere, in one line. Within any 20 ms no more leaves than two and a
/// half times the average of what comes, unless a packet would have to wait for more than 50 ms. Where a limit is set,
/// that is the rate at which packets leave instead, and they may wait longer.
package struct Pacer: Sendable, BitwiseCopyable {
    /// The longest that a packet waits, without and with a limit.
    package static let longestWait: Duration = .milliseconds(50)
    package static let longestWaitByLimit: Duration = .seconds(1)
    /// Packets that wait leave at multiples of it: those of all sessions leave in one wake.
    package static let tick: Duration = .milliseconds(5)
    /// The most, as a part of the average.
    package static let peak = 2.5
    /// Always fits into 20 ms: two packets.
    private static let least = 3_000.0
    private static let tickLength: UInt64 = 5_000_000
    /// Any 20 ms lie within five ticks.
    private static let tickCount: UInt64 = 5
    private static let window = 0.02
    /// The average is taken over intervals of half a second, of which each new one counts for so much.
    private static let interval: Duration = .milliseconds(500)
    private static let weight = 0.25
    /// After such a pause nothing is known of the average.
    private static let longestPause: Duration = .seconds(2)

    /// Bits per second that leave, media included; `nil` for no limit.
    package var limit: UInt64? {
        didSet { if limit != oldValue { setAllowance() } }
    }
    /// Bytes that wait.
    package private(set) var queuedBytes = 0
    /// Packets that wait.
    package private(set) var queuedCount = 0

    private var ticks: InlineArray<5, UInt32> = InlineArray(repeating: 0)
    private var newest: UInt64 = 0
    /// Bytes that left within the ticks.
    private var total: UInt64 = 0
    /// Bytes that may leave within them.
    private var allowance = UInt64.max
    /// Bytes that leave in the present tick whatever the allowance, so that nothing waits for too long.
    private var share: UInt64 = 0
    /// Bytes per second.
    private var average: Double?
    private var intervalBegan: MonotonicTime?
    private var intervalBytes = 0

    /// Makes a pacer that has seen nothing: until the average is known, everything leaves at once.
    package init() {}

    /// How long what waits takes to leave, by the limit; zero where there is none.
    package var backlog: Duration {
        limit.map { .nanoseconds(Int64(Double(queuedBytes * 8) / Double(max(1, $0)) * 1e9)) } ?? .zero
    }

    /// When some of what waits may leave; `nil` where nothing does.
    package var deadline: MonotonicTime? {
        queuedCount > 0 ? MonotonicTime(nanoseconds: (newest + 1) * Self.tickLength) : nil
    }

    /// A packet has come; says whether it leaves at once, ahead of nothing.
    package mutating func admits(_ size: Int, at now: MonotonicTime) -> Bool {
        advance(to: now)
        intervalBytes += size
        guard queuedCount == 0, total + UInt64(size) <= allowance else { return false }
        leave(size)
        return true
    }

    /// A packet that has come waits.
    package mutating func queue(_ size: Int) {
        queuedCount += 1
        queuedBytes += size
    }

    /// Whether the first of those that wait leaves now; it counts as gone then.
    ///
    /// - Parameters:
    ///   - size: its size.
    ///   - queuedAt: when it came.
    ///   - now: the present moment.
    /// - Returns: whether it does.
    package mutating func releases(_ size: Int, queuedAt: MonotonicTime, at now: MonotonicTime) -> Bool {
        guard queuedCount > 0 else { return false }
        if advance(to: now) || share == 0 { share = dueShare(queuedAt, at: now) }
        let isLate = now + Self.tick >= queuedAt + longestWait
        guard isLate || total + UInt64(size) <= allowance || UInt64(presentTick) < share else { return false }
        remove(size)
        return true
    }

    /// The first of those that wait leaves out of turn, to make room.
    package mutating func remove(_ size: Int) {
        leave(size)
        queuedCount -= 1
        queuedBytes -= size
    }

    private var longestWait: Duration { limit == nil ? Self.longestWait : Self.longestWaitByLimit }

    private var presentTick: UInt32 { ticks[Int(newest % Self.tickCount)] }

    private mutating func leave(_ size: Int) {
        ticks[Int(newest % Self.tickCount)] &+= UInt32(truncatingIfNeeded: size)
        total += UInt64(size)
    }

    /// An even share of all that waits, so that the last of it leaves in time.
    private func dueShare(_ queuedAt: MonotonicTime, at now: MonotonicTime) -> UInt64 {
        let left = (queuedAt + longestWait) - now
        let ticksLeft = max(1, left.inNanoseconds / Int64(Self.tickLength))
        return UInt64((queuedBytes + Int(ticksLeft) - 1) / Int(ticksLeft))
    }

    /// Goes on to the tick of a moment; says whether it is another one.
    @discardableResult
    private mutating func advance(to now: MonotonicTime) -> Bool {
        let number = now.nanoseconds / Self.tickLength
        guard number > newest else { return false }
        if number - newest >= Self.tickCount {
            ticks = InlineArray(repeating: 0)
            total = 0
        } else {
            for passed in newest + 1...number {
                total -= UInt64(ticks[Int(passed % Self.tickCount)])
                ticks[Int(passed % Self.tickCount)] = 0
            }
        }
        newest = number
        measure(at: now)
        return true
    }

    private mutating func measure(at now: MonotonicTime) {
        guard let began = intervalBegan else {
            intervalBegan = now
            intervalBytes = 0
            return
        }
        let elapsed = now - began
        guard elapsed >= Self.interval else { return }
        if elapsed > Self.longestPause {
            average = nil
        } else {
            let rate = Double(intervalBytes) / elapsed.inSeconds
            average = average.map { $0 + Self.weight * (rate - $0) } ?? rate
        }
        intervalBegan = now
        intervalBytes = 0
        setAllowance()
    }

    private mutating func setAllowance() {
        if let limit {
            let ticks = Self.tick.inSeconds * Double(Self.tickCount)
            allowance = UInt64(max(Self.least / 2, Double(limit) / 8 * ticks))
        } else if let average {
            allowance = UInt64(max(Self.least, Self.peak * average * Self.window))
        } else {
            allowance = .max
        }
    }
}
