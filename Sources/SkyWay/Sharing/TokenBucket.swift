// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Lets so many things happen at once, and so many a second after that.
///
/// All it keeps is the moment at which it will be full again. No clock: the caller says what time it is.
struct TokenBucket: Hashable, Sendable {
    private let interval: Duration
    private let burst: Duration
    private var fullAt: ContinuousClock.Instant?

    /// Makes a bucket that is full.
    ///
    /// - Parameters:
    ///   - burst: how many may happen at once.
    ///   - perSecond: how many a second may follow.
    init(burst: Int, perSecond: Int) {
        interval = .seconds(1) / perSecond
        self.burst = interval * burst
    }

    /// How long one thing takes to be refilled.
    var refill: Duration { interval }

    /// How long until something may happen; zero where it may at once.
    func wait(at now: ContinuousClock.Instant) -> Duration {
        guard let fullAt else { return .zero }
        return max(.zero, fullAt - now + interval - burst)
    }

    /// Lets something happen, if it may.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
        guard wait(at: now) == .zero else { return false }
        spend(at: now)
        return true
    }

    /// Gives something the next turn that nobody has.
    ///
    /// - Returns: how long until then.
    mutating func reserve(at now: ContinuousClock.Instant) -> Duration {
        let wait = wait(at: now)
        spend(at: now)
        return wait
    }

    private mutating func spend(at now: ContinuousClock.Instant) {
        fullAt = max(fullAt ?? now, now) + interval
    }
}
