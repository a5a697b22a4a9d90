// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import SkyWay

/// What a broadcast is going through, and what follows from each thing that happens to it.
///
/// No clock, no network: `Broadcast` tells it what happened and does what it says.
struct BroadcastStateMachine: Equatable {
    typealias Moment = RecoveryStateMachine.Moment

    /// Where a broadcast stands.
    enum Phase: Hashable {
        /// A publisher waits for its answer.
        case preparing
        /// The publisher has its answer; something on the way to the viewers is still missing.
        case connecting
        /// Viewers can see it.
        case live
        /// The publisher is there; something on SkyWay's side was lost and is made again.
        case recovering(Recovery)
        /// The publisher is gone and may come back; all that is SkyWay's goes on.
        case waiting
        /// It is being taken down.
        case ending(EndReason)
        /// Nothing of it is left.
        case ended(EndReason)
    }

    /// What to do about something that happened.
    enum Action: Hashable {
        case none
        /// Tell whoever looks that the broadcast is in another state.
        case announce
        /// The same, and see to what is to be done next on SkyWay's side.
        case recover
        /// Let the publisher's session go, and wait for the next one.
        case wait
        /// Take everything down.
        case end
    }

    /// What has to be there before a broadcast is live.
    struct Legs: OptionSet, Hashable {
        let rawValue: Int
        static let answered = Legs(rawValue: 1)
        static let publisher = Legs(rawValue: 2)
        static let skyWay = Legs(rawValue: 4)
        static let forwarded = Legs(rawValue: 8)
        static let all: Legs = [.answered, .publisher, .skyWay, .forwarded]
        /// Those that a publisher takes with it.
        static let ofSession: Legs = [.answered, .publisher, .forwarded]
    }

    /// Where the publisher's side stands.
    enum Stage: Equatable {
        case preparing
        case connecting
        case live
        case waiting
        case ending(EndReason)
        case ended(EndReason)
    }

    var stage = Stage.preparing
    /// What SkyWay's side has lost, and what is done about it.
    var recovering = RecoveryStateMachine()
    /// Whether a publisher was ever answered.
    private(set) var hasAnswered = false
    /// Whether all that SkyWay has of it was there once, so that a publisher can go on with it.
    var isEstablished = false
    /// Whether media ever came.
    private var hasFlowed = false
    private let mayWait: Bool
    var legs: Legs = []
    /// Transports to the SFU that are not connected yet, or are silent.
    var transports: Set<String> = []
    /// Transports whose keys exist.
    var secured: Set<String> = []
    /// Streams whose relay viewers can't find yet.
    var relays: Set<MediaKind>

    /// Makes the machine of a broadcast.
    ///
    /// - Parameters:
    ///   - kinds: what it publishes.
    ///   - mayWait: whether it waits for a publisher that is lost.
    init(kinds: Set<MediaKind>, mayWait: Bool) {
        relays = kinds
        self.mayWait = mayWait
    }

    var phase: Phase {
        switch stage {
        case .preparing: .preparing
        case .connecting: recovering.recovery.map { .recovering($0) } ?? .connecting
        case .live: .live
        case .waiting: .waiting
        case .ending(let reason): .ending(reason)
        case .ended(let reason): .ended(reason)
        }
    }

    /// What is being made again, also while the publisher is away.
    var recovery: Recovery? { recovering.recovery }

    /// Why it ends or has ended.
    var endReason: EndReason? {
        switch stage {
        case .ending(let reason), .ended(let reason): reason
        case .preparing, .connecting, .live, .waiting: nil
        }
    }

    // MARK: The publisher

    /// The publisher has its answer.
    mutating func answered() -> Action {
        guard stage == .preparing else { return .none }
        stage = .connecting
        hasAnswered = true
        legs.insert(.answered)
        return advance(otherwise: .announce)
    }

    /// The publisher's transport is connected.
    mutating func publisherConnected() -> Action { gain(.publisher) }

    /// Media has come from the publisher.
    mutating func mediaFlowed() { hasFlowed = true }

    /// The publisher's session is over.
    ///
    /// - Parameters:
    ///   - reason: why.
    ///   - wasFlowing: whether media came until then, or nearly so.
    /// - Returns: what follows: a publisher that stops what it is sending wants to end it; one that falls silent, fails
    ///   or tidies up a session that was silent before may come back.
    mutating func publisherLost(_ reason: EndReason, wasFlowing: Bool) -> Action {
        guard !isOver else { return .none }
        let isLoss: Bool
        switch reason {
        case .deleted, .publisherClosed: isLoss = !wasFlowing
        case .publisherSilent, .publisherFailed, .refused: isLoss = true
        case .replaced, .notResumed, .excessiveBitrate, .keyRevoked, .skyWayLost, .transportLost, .channelNotGiven,
            .noCommonCodec, .endedByOperator, .drained, .shutdown:
            isLoss = false
        }
        guard isLoss, mayWait, isEstablished, hasFlowed else { return end(reason) }
        legs.subtract(.ofSession)
        stage = .waiting
        return .wait
    }

    /// Another session of the publisher takes the place of the one before, if there still is one.
    mutating func publisherReturned() {
        guard !isOver else { return }
        legs.subtract(.ofSession)
        stage = .preparing
    }

    /// The publisher was waited for long enough.
    mutating func windowOver() -> Action { stage == .waiting ? end(.notResumed) : .none }

    // MARK: SkyWay

    /// All producers exist and every track is handed on.
    mutating func forwarded() -> Action {
        isEstablished = true
        return gain(.forwarded)
    }

    /// A stream is being published, for the first time or anew.
    mutating func publishing(_ kind: MediaKind) {
        relays.insert(kind)
    }

    /// A stream is published no more.
    mutating func withdrawn(_ kind: MediaKind) {
        relays.remove(kind)
    }

    /// Viewers can find a stream.
    mutating func relayPublished(_ kind: MediaKind) -> Action {
        relays.remove(kind)
        return isOver ? .none : advance(otherwise: .none)
    }

    /// Something failed before the broadcast stood.
    mutating func failed(_ reason: EndReason) -> Action { end(reason) }

    // MARK: The end

    /// Somebody wants it to end; the first reason counts.
    mutating func end(_ reason: EndReason) -> Action {
        guard !isOver else { return .none }
        stage = .ending(reason)
        return .end
    }

    /// Nothing of it is left.
    mutating func tornDown() {
        guard case .ending(let reason) = stage else { return }
        stage = .ended(reason)
    }

    var isOver: Bool { endReason != nil }

    mutating func gain(_ leg: Legs) -> Action {
        guard !isOver else { return .none }
        // A publisher that is gone connects no more, whatever its last words were.
        guard stage != .waiting || !Legs.ofSession.contains(leg) else { return .none }
        legs.insert(leg)
        return advance(otherwise: .none)
    }

    mutating func advance(otherwise action: Action) -> Action {
        guard relays.isEmpty, transports.isEmpty, recovering.isIdle else { return action }
        recovering.complete()
        guard stage == .connecting, legs == .all else { return action }
        stage = .live
        return .announce
    }
}
