// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// What is done about what was lost on SkyWay's side, and when (protocol page §8.2; the table is in docs/recovery.md).
///
/// No clock, no network, no chance: moments and jitter (from 0 up to 1) are told. `Broadcast` does one step at a time
/// and says how it ended. What to make is not decided here: `SkyWayLinkStateMachine` knows what is missing.
struct RecoveryStateMachine: Equatable {
    typealias Moment = ContinuousClock.Instant

    /// What is to be done next.
    enum Step: Hashable {
        /// Nothing, until something happens.
        case rest
        /// Nothing before this moment, unless something happens.
        case wait(until: Moment)
        /// Ask for new ICE credentials of a transport, and use them.
        case restartICE(String)
        /// Make what is missing, after giving up so much and what leads to these transports.
        case restore(RecoveryDepth, transports: Set<String>)
        /// End the broadcast: no repetition mends it.
        case end(SkyWayError)
    }

    enum State: Hashable {
        /// Nothing is to be done.
        case whole
        /// A transport is silent.
        case restarting(ICERestart)
        /// Something is missing.
        case restoring(Restoration)
        case over(SkyWayError)
    }

    var state = State.whole
    /// What the operator is told: from the first loss until all is there again.
    var recovery: Recovery?
    /// Transports from which nothing comes.
    var silent: Set<String> = []
    /// When the last recoveries began whose ends and beginnings were close together, and how many there were.
    private var lastBeginning: Moment?
    private var streak = 0

    /// Recoveries that begin within so long of the one before wait as further attempts do.
    static let closeness = Duration.seconds(10)
    /// Failures after which more is given up (protocol page §8.2).
    static let mostFailures = 8

    /// Whether nothing is to be done.
    var isIdle: Bool { state == .whole }

    /// Whether nothing is missing in the room, whatever the transports do.
    var isRestored: Bool {
        switch state {
        case .whole, .restarting: true
        case .restoring, .over: false
        }
    }

    // MARK: Losses

    /// The room has lost something of ours.
    ///
    /// - Parameters:
    ///   - reason: what.
    ///   - transports: transports that have ended.
    ///   - now: when.
    ///   - jitter: chance.
    mutating func lost(_ reason: RecoveryReason, transports: Set<String> = [], at now: Moment, jitter: Double) {
        silent.subtract(transports)
        switch state {
        case .over: return
        case .restoring(var restoration):
            begin(reason, at: now)
            restoration.transports.formUnion(transports)
            restoration.isOutdated = true
            state = .restoring(restoration)
        case .whole, .restarting:
            begin(reason, at: now)
            // What goes at once is told in several events: wait for them, so that all is made again in one go.
            let pause = streak == 0 ? Backoff.settling(jitter: jitter) : Backoff.growing(streak + 1, jitter: jitter)
            state = .restoring(Restoration(transports: transports, notBefore: now + pause))
        }
    }

    /// What is published has to be fitted to what another session of the publisher sends.
    mutating func adjust(at now: Moment) {
        switch state {
        case .whole: state = .restoring(Restoration(notBefore: now))
        case .restoring(var restoration):
            restoration.isOutdated = true
            state = .restoring(restoration)
        case .restarting(let restart):
            silent.insert(restart.transport)
            state = .restoring(Restoration(notBefore: now))
        case .over: break
        }
    }

    /// Nothing comes from a transport any more, or no path to it was found.
    mutating func transportSilent(_ id: String, at now: Moment) {
        silent.insert(id)
        switch state {
        case .whole:
            begin(.pathLost, at: now)
            state = .restarting(ICERestart(transport: id, notBefore: now))
        case .restarting(var restart) where restart.transport == id && restart.isSearching:
            // The search is over before its time.
            restart.notBefore = min(restart.notBefore, now)
            state = .restarting(restart)
        case .restarting, .restoring, .over: break
        }
    }

    /// A transport answers.
    mutating func transportAnswers(_ id: String, at now: Moment) {
        silent.remove(id)
        guard case .restarting(let restart) = state, restart.transport == id else { return }
        turnToSilent(at: now)
    }

    /// All is there again: what comes next is another recovery.
    mutating func complete() { recovery = nil }

    private mutating func begin(_ reason: RecoveryReason, at now: Moment) {
        if let recovery {
            // The first news of a loss is not always the gravest.
            if recovery.attempt <= 1, reason.isGraver(than: recovery.reason) { self.recovery?.reason = reason }
            return
        }
        streak = lastBeginning.map { now - $0 < Self.closeness } ?? false ? streak + 1 : 0
        lastBeginning = now
        recovery = Recovery(reason, since: now, attempt: 1)
    }

    /// Sees to the next transport that is silent, if there is one.
    mutating func turnToSilent(at now: Moment) {
        guard let id = silent.min() else { return state = .whole }
        begin(.pathLost, at: now)
        state = .restarting(ICERestart(transport: id, notBefore: now))
    }

    // MARK: Steps

    /// What is to be done now; what is begun by it is answered by one of the methods for its outcome.
    mutating func next(at now: Moment, jitter: Double) -> Step {
        switch state {
        case .whole: return .rest
        case .over(let error): return .end(error)
        case .restarting(let restart): return next(restart, at: now, jitter)
        case .restoring(let restoration): return next(restoration, at: now)
        }
    }
}

extension RecoveryReason {
    /// Whether this is the cause rather than the consequence of another loss that was told first.
    fileprivate func isGraver(than other: RecoveryReason) -> Bool { gravity > other.gravity }

    private var gravity: Int {
        switch self {
        case .connectionLost, .publishingFailed: 0
        case .pathLost: 1
        case .transportClosed: 2
        case .forwardingRemoved: 3
        case .publicationRemoved: 4
        case .botRemoved: 5
        case .memberRemoved: 6
        case .channelDeleted: 7
        }
    }
}
