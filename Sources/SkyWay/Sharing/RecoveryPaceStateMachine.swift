// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// When links that have lost the same thing at the same moment may take it up again.
///
/// No clock: the caller says what time it is.
struct RecoveryPaceStateMachine: Sendable {
    /// How fast the links of a process come back.
    struct Limits: Hashable, Sendable {
        /// Connections to the RTC API that are made again.
        var connections = TokenBucket(burst: 10, perSecond: 20)
        /// Recoveries that make something in the room or at the SFU.
        var recoveries = TokenBucket(burst: 5, perSecond: 5)
        /// How many of them may be under way at a time.
        var places = 16
        /// One that takes longer holds nobody back any more.
        var patience = Duration.seconds(10)
    }

    /// What is given out by turns.
    enum Kind: Hashable, Sendable {
        case connection
        case recovery
    }

    private var limits: Limits
    private var underWay: [Int: ContinuousClock.Instant] = [:]
    private var nextID = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Somebody wants a turn.
    ///
    /// - Parameters:
    ///   - kind: of what.
    ///   - now: when it is asked for.
    ///   - jitter: a random number from 0 up to 1.
    /// - Returns: how long to wait for it: nothing for the first ones, a time with jitter for those after them.
    mutating func reserve(_ kind: Kind, at now: ContinuousClock.Instant, jitter: Double) -> Duration {
        let (wait, spread) =
            switch kind {
            case .connection: (limits.connections.reserve(at: now), limits.connections.refill)
            case .recovery: (limits.recoveries.reserve(at: now), limits.recoveries.refill)
            }
        return wait == .zero ? .zero : wait + spread * jitter
    }

    /// A recovery whose turn has come wants to begin.
    ///
    /// - Returns: what it is known by until it is over; nil while too many are under way.
    mutating func begin(at now: ContinuousClock.Instant) -> Int? {
        guard underWay.values.count(where: { now - $0 < limits.patience }) < limits.places else { return nil }
        nextID += 1
        underWay[nextID] = now
        return nextID
    }

    /// A recovery is over, whatever came of it.
    mutating func end(_ id: Int) { underWay[id] = nil }

    /// How long until a place is free at the latest.
    func wait(at now: ContinuousClock.Instant) -> Duration {
        let ends = underWay.values.map { $0 + limits.patience - now }.filter { $0 > .zero }
        return ends.min() ?? .zero
    }
}
