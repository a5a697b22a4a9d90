// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A sender's clock by when its packets arrive here: the line of least delay.
///
/// What delays packets only ever makes them late, so the earliest of a window tells where the line is, and jitter and
/// bursts do not move it. The line follows by a loop of second order, which takes a steady skew out wholly. Moments are
/// nanoseconds; those of arrival are of our monotonic clock.
struct ArrivalClock: Sendable, BitwiseCopyable {
    private(set) var line: ClockLine
    /// When the window ends, how late its earliest packet was, and how many packets it has seen.
    private var windowEnd: Int64
    private var windowBegin: Int64
    private var earliest: Int64 = .max
    private var count = 0
    private var lastArrival: Int64
    /// Until when corrections are made whole, because little is known of the line.
    private var settledAt: Int64
    /// How many windows in a row were much too late.
    private var lateWindows = 0

    private static let windowLength: Int64 = 2_000_000_000
    private static let settlingWindowLength: Int64 = 500_000_000
    private static let settlingTime: Int64 = 5_000_000_000
    /// After so long a silence the line is found anew.
    private static let longestSilence: Int64 = 10_000_000_000
    /// So many packets make a window; where they are few, it lasts longer.
    private static let leastCount = 4
    private static let longestWindow = windowLength * 5
    /// What comes earlier than this before the line moves it at once: nothing makes packets early.
    private static let clearlyEarly: Int64 = -20_000_000
    /// A line is moved up by so much in a window at most: congestion passes, and skew is less.
    private static let mostRise: Int64 = 1_000_000
    /// What so many windows are late by is another path, or another clock.
    private static let clearlyLate: Int64 = 250_000_000
    private static let lateWindowsOfChange = 4
    /// The gains of the loop: damped, with a time constant of about seven windows.
    private static let shiftGain = 0.25
    private static let skewGain = 0.02

    /// Makes a clock of which one packet is known.
    ///
    /// - Parameters:
    ///   - source: what the sender's clock read.
    ///   - arrival: when the packet came.
    ///   - skew: how much faster than the sender's our clock runs, where something is known of it.
    init(source: Int64, arrival: Int64, skew: Double = 0) {
        line = ClockLine(source: source, target: arrival, skew: skew)
        windowBegin = arrival
        windowEnd = arrival &+ Self.settlingWindowLength
        lastArrival = arrival
        settledAt = arrival &+ Self.settlingTime
    }

    /// When a packet of that moment on the sender's clock arrives at the earliest.
    func arrival(of source: Int64) -> Int64 { line.target(at: source) }

    /// Takes a packet in the order of sending.
    ///
    /// - Parameters:
    ///   - source: what the sender's clock read.
    ///   - arrival: when the packet came.
    mutating func receive(_ source: Int64, at arrival: Int64) {
        if arrival &- lastArrival > Self.longestSilence { settle(at: arrival) }
        lastArrival = arrival
        let lateness = arrival &- line.target(at: source)
        earliest = min(earliest, lateness)
        count += 1
        let isSettling = arrival < settledAt
        if lateness < (isSettling ? 0 : Self.clearlyEarly) {
            line.shift(by: lateness)
            earliest = 0
        }
        guard arrival >= windowEnd, count >= Self.leastCount || arrival &- windowBegin >= Self.longestWindow else {
            return
        }
        correct(by: earliest, at: source, after: arrival &- windowBegin, isSettling: isSettling)
        windowBegin = arrival
        windowEnd = arrival &+ (isSettling ? Self.settlingWindowLength : Self.windowLength)
        earliest = .max
        count = 0
    }

    /// Finds the line anew within a while, from where it is.
    private mutating func settle(at arrival: Int64) {
        settledAt = arrival &+ Self.settlingTime
        windowBegin = arrival
        windowEnd = arrival &+ Self.settlingWindowLength
        earliest = .max
        count = 0
        lateWindows = 0
    }

    private mutating func correct(by error: Int64, at source: Int64, after passed: Int64, isSettling: Bool) {
        guard error <= Self.clearlyLate else {
            lateWindows += 1
            if lateWindows >= Self.lateWindowsOfChange {
                line.shift(by: error)
                lateWindows = 0
            }
            return
        }
        lateWindows = 0
        guard !isSettling else { return line.shift(by: error) }
        let rise = min(error, Self.mostRise * 2)
        line.turn(by: Self.skewGain * Double(max(rise, -Self.mostRise * 2)) / Double(max(passed, 1)), at: source)
        line.shift(by: min(Int64(Double(error) * Self.shiftGain), Self.mostRise))
    }
}
