// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import SkyWay

/// What happens on SkyWay's side: transports, what is lost, and what is made again.
extension BroadcastStateMachine {
    /// These transports lead to the SFU.
    mutating func transportsOpened(_ ids: Set<String>) {
        transports.formUnion(ids)
    }

    /// A transport to the SFU is connected.
    mutating func transportConnected(_ id: String, at now: Moment = .now) -> Action {
        secured.insert(id)
        recovering.transportAnswers(id, at: now)
        transports.remove(id)
        return transports.isEmpty ? gain(.skyWay) : .none
    }

    /// A path to the SFU works, for the first time or again.
    mutating func transportAnswers(_ id: String, at now: Moment = .now) -> Action {
        guard secured.contains(id) else {
            // What was never secured is not connected by a path alone, but needs no other path.
            recovering.transportAnswers(id, at: now)
            return .none
        }
        return transportConnected(id, at: now)
    }

    /// Nothing comes from a transport any more.
    mutating func transportSilent(_ id: String, at now: Moment = .now) -> Action {
        guard !isOver else { return .none }
        transports.insert(id)
        recovering.transportSilent(id, at: now)
        return recover()
    }

    /// A transport to the SFU ended by itself.
    ///
    /// - Parameters:
    ///   - id: the transport.
    ///   - kinds: the streams that went there.
    ///   - now: when.
    ///   - jitter: a random number from 0 up to 1.
    /// - Returns: what follows.
    mutating func transportClosed(
        _ id: String,
        kinds: Set<MediaKind> = [],
        at now: Moment = .now,
        jitter: Double = .random(in: 0..<1)
    ) -> Action {
        guard hasAnswered else { return end(.transportLost) }
        forgetTransports([id])
        return lost(.transportClosed, kinds: kinds, transports: [id], at: now, jitter: jitter)
    }

    /// These transports are used no more.
    mutating func forgetTransports(_ ids: Set<String>) {
        transports.subtract(ids)
        secured.subtract(ids)
        recovering.silent.subtract(ids)
    }

    /// No other transports are used than these, those that were to be opened and were not among them.
    mutating func retainTransports(_ ids: Set<String>) { forgetTransports(transports.union(secured).subtracting(ids)) }

    /// SkyWay's side has lost something.
    ///
    /// - Parameters:
    ///   - reason: what.
    ///   - kinds: the streams that viewers can't find any more.
    ///   - transports: transports that have ended.
    ///   - now: when.
    ///   - jitter: a random number from 0 up to 1.
    /// - Returns: what follows.
    mutating func lost(
        _ reason: RecoveryReason,
        kinds: Set<MediaKind>,
        transports: Set<String> = [],
        at now: Moment = .now,
        jitter: Double = .random(in: 0..<1)
    ) -> Action {
        guard !isOver else { return .none }
        relays.formUnion(kinds)
        recovering.lost(reason, transports: transports, at: now, jitter: jitter)
        return recover()
    }

    private mutating func recover() -> Action {
        if stage == .live { stage = .connecting }
        return .recover
    }

    // MARK: Recovery

    /// Whether nothing is being made again in the room.
    var isRestored: Bool { recovering.isRestored }

    /// What is to be done next on SkyWay's side.
    mutating func nextStep(
        at now: Moment = .now,
        jitter: Double = .random(in: 0..<1)
    ) -> RecoveryStateMachine.Step {
        isOver ? .rest : recovering.next(at: now, jitter: jitter)
    }

    /// What is published has to be fitted to what the present session sends.
    mutating func adjust(at now: Moment = .now) { recovering.adjust(at: now) }

    /// A transport has new ICE credentials.
    mutating func restarted(_ id: String, at now: Moment = .now) { recovering.restarted(id, at: now) }

    /// A transport has none.
    mutating func notRestarted(
        _ id: String,
        _ error: SkyWayError,
        at now: Moment = .now,
        jitter: Double = .random(in: 0..<1)
    ) {
        recovering.notRestarted(id, error, at: now, jitter: jitter)
    }

    /// Nothing is missing any more: all producers exist and every track is handed on.
    mutating func restored(at now: Moment = .now) -> Action {
        recovering.restored(at: now)
        guard stage == .waiting else { return forwarded() }
        return advance(otherwise: .none)
    }

    /// Something could not be made.
    mutating func notRestored(
        _ error: SkyWayError,
        at now: Moment = .now,
        jitter: Double = .random(in: 0..<1)
    ) -> Action {
        guard !isOver else { return .none }
        recovering.notRestored(error, at: now, jitter: jitter)
        return recover()
    }

    /// The first way to the viewers could not be made whole, and its publisher was answered already.
    mutating func notEstablished(
        _ error: SkyWayError,
        at now: Moment = .now,
        jitter: Double = .random(in: 0..<1)
    ) -> Action {
        guard !isOver else { return .none }
        recovering.lost(.publishingFailed, at: now, jitter: jitter)
        _ = recovering.next(at: now + Backoff.longest, jitter: jitter)
        return notRestored(error, at: now, jitter: jitter)
    }
}
