// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// What is missing in the room: made again, and with more given up where SkyWay refuses.
extension RecoveryStateMachine {
    /// The way back to all that is wanted.
    struct Restoration: Hashable {
        /// What the next attempt gives up first.
        var depth = RecoveryDepth.missing
        /// What was given up so far.
        var reached = RecoveryDepth.missing
        /// Transports that have ended.
        var transports: Set<String> = []
        /// Attempts that failed, one after another.
        var failures = 0
        /// Attempts that failed by the service's fault since more was given up.
        var faults = 0
        /// Attempts that were refused since more was given up.
        var refusals = 0
        /// Attempts that were too many, one after another.
        var limits = 0
        /// When the next attempt is due.
        var notBefore: Moment
        /// Whether an attempt is under way.
        var isRunning = false
        /// Whether something has changed that the attempt under way may not know of.
        var isOutdated = false

        /// Gives up more at the next attempt.
        mutating func deepen(to depth: RecoveryDepth) {
            self.depth = depth
            reached = depth
            refusals = 0
            faults = 0
        }
    }

    /// What follows from a failure.
    enum Verdict: Hashable {
        /// No repetition mends it.
        case end
        /// The service wants less of us.
        case wait
        /// It may pass by itself; nothing speaks against what there is.
        case again
        /// The service failed: after several of these more is given up.
        case fault
        /// What we refer to is not there, or not as we take it: after two of these more is given up.
        case refusal
        /// The SFU names a transport that has ended: only another member gets another one.
        case rejoin
        /// Another member has our name: it may go.
        case nameTaken

        /// The table.
        init(_ error: SkyWayError) {
            self =
                switch error.code {
                case .scopeMissing, .limitReached, .usageLimitReached, .channelNotFound: .end
                case .rateLimited: .wait
                case .unreachable, .timeout, .tokenRefused, .stopped: .again
                case .serviceFailure, .badResponse: .fault
                case .sfuFailure: (error.status ?? 500) >= 500 ? .fault : .refusal
                case .memberNotFound, .publicationNotFound, .invalidRequest, .channelDeleted, .channelNameTaken: .refusal
                case .transportEnded: .rejoin
                case .memberNameTaken: .nameTaken
                }
        }
    }

    /// Refusals after which more is given up: the first may be news of a loss that is not known yet.
    static let mostRefusals = 2
    /// How long a member of our name is waited for: longer than a member's time.
    static let longestNameWait = Duration.seconds(150)

    mutating func next(_ restoration: Restoration, at now: Moment) -> Step {
        var restoration = restoration
        if restoration.isRunning { return .rest }
        if now < restoration.notBefore { return .wait(until: restoration.notBefore) }
        let step = Step.restore(restoration.depth, transports: restoration.transports)
        restoration.isRunning = true
        restoration.isOutdated = false
        // Given up once is enough.
        restoration.depth = .missing
        restoration.transports = []
        state = .restoring(restoration)
        return step
    }

    /// Nothing is missing any more.
    mutating func restored(at now: Moment) {
        guard case .restoring(var restoration) = state, restoration.isRunning else { return }
        restoration.isRunning = false
        guard restoration.isOutdated else { return turnToSilent(at: now) }
        restoration.failures = 0
        restoration.limits = 0
        restoration.notBefore = now
        state = .restoring(restoration)
    }

    /// Something could not be made.
    mutating func notRestored(_ error: SkyWayError, at now: Moment, jitter: Double) {
        guard case .restoring(var restoration) = state, restoration.isRunning else { return }
        if recovery == nil { recovery = Recovery(.publishingFailed, since: now, attempt: 1) }
        restoration.isRunning = false
        restoration.failures += 1
        var pause = Backoff.growing(restoration.failures, jitter: jitter)
        switch Verdict(error) {
        case .end: return state = .over(error)
        case .wait:
            restoration.limits += 1
            pause = Backoff.limited(restoration.limits, jitter: jitter)
        case .again: break
        case .fault:
            restoration.faults += 1
            if restoration.faults >= Self.mostFailures { restoration.deepen(to: restoration.reached.next) }
        case .refusal:
            restoration.refusals += 1
            // Refused as another member too, time and again: it is the request itself.
            let isHopeless = restoration.reached == .member && error.code == .invalidRequest
            if isHopeless, restoration.failures >= 4 * Self.mostFailures { return state = .over(error) }
            if restoration.refusals >= Self.mostRefusals { restoration.deepen(to: restoration.reached.next) }
        case .rejoin: restoration.deepen(to: .member)
        case .nameTaken:
            if let since = recovery?.since, now - since > Self.longestNameWait { return state = .over(error) }
        }
        if Verdict(error) != .wait { restoration.limits = 0 }
        recovery?.attempt += 1
        restoration.notBefore = now + pause
        state = .restoring(restoration)
    }
}
