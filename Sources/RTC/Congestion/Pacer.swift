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
        didSet { if oldValue == nil { credit = 0 } }
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
    /// Bytes that may leave by the limit; below zero after a packet that was larger.
    private var credit = 0
    /// Bytes that leave in the present tick whatever the allowance, so that nothing waits for too long; what left beyond
    /// them counts against the next ticks.
    private var share = 0
    /// The tick that they were reckoned for.
    private var shareTick: UInt64 = 0
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
        guard queuedCount == 0, isAllowed(size) else { return false }
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
        advance(to: now)
        if shareTick != newest {
            shareTick = newest
            share = min(share, 0) + dueShare(queuedAt, at: now)
        }
        let isLate = now + Self.tick >= queuedAt + longestWait
        let isAllowed = isAllowed(size)
        guard isLate || isAllowed || share > 0 else { return false }
        if !isAllowed { share -= size }
        remove(size)
        if queuedCount == 0 { share = 0 }
        return true
    }

    /// The first of those that wait leaves out of turn, to make room.
    package mutating func remove(_ size: Int) {
        leave(size)
        queuedCount -= 1
        queuedBytes -= size
    }

    private var longestWait: Duration { limit == nil ? Self.longestWait : Self.longestWaitByLimit }

    private func isAllowed(_ size: Int) -> Bool {
        limit == nil ? total + UInt64(size) <= allowance : credit > 0
    }

    private mutating func leave(_ size: Int) {
        if limit != nil { credit -= size }
        ticks[Int(newest % Self.tickCount)] &+= UInt32(truncatingIfNeeded: size)
        total += UInt64(size)
    }

    /// An even share of what would not leave in time by the allowance alone.
    private func dueShare(_ queuedAt: MonotonicTime, at now: MonotonicTime) -> Int {
        let left = (queuedAt + longestWait) - now
        let ticksLeft = Int(max(1, left.inNanoseconds / Int64(Self.tickLength)))
        let excess = queuedBytes - allowed(in: ticksLeft)
        return max(0, (excess + ticksLeft - 1) / ticksLeft)
    }

    /// The bytes that leave by the limit or the allowance alone.
    private func allowed(in ticks: Int) -> Int {
        if let limit { return credit + Self.bytes(limit, in: ticks) }
        let (bytes, isOverflow) = Int(clamping: allowance).multipliedReportingOverflow(by: ticks / Int(Self.tickCount))
        return isOverflow ? queuedBytes : bytes
    }

    private static func bytes(_ bitrate: UInt64, in ticks: Int) -> Int {
        Int(Double(bitrate) / 8 * tick.inSeconds * Double(ticks))
    }

    /// Goes on to the tick of a moment.
    private mutating func advance(to now: MonotonicTime) {
        let number = now.nanoseconds / Self.tickLength
        guard number > newest else { return }
        if number - newest >= Self.tickCount {
            ticks = InlineArray(repeating: 0)
            total = 0
        } else {
            for passed in newest + 1...number {
                total -= UInt64(ticks[Int(passed % Self.tickCount)])
                ticks[Int(passed % Self.tickCount)] = 0
            }
        }
        if let limit {
            let passed = Int(min(number - newest, 1_000))
            credit = min(credit + Self.bytes(limit, in: passed), Self.bytes(limit, in: Int(Self.tickCount)))
        }
        newest = number
        measure(at: now)
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
        allowance = average.map { UInt64(max(Self.least, Self.peak * $0 * Self.window)) } ?? .max
    }
}
