// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What a broadcast is going through, and what follows from each thing that happens to it.
///
/// No clock, no network: `Broadcast` tells it what happened and does what it says.
struct BroadcastStateMachine: Equatable {
    /// Where a broadcast stands.
    enum Phase: Hashable {
        /// A publisher waits for its answer.
        case preparing
        /// The publisher has its answer; something on the way to the viewers is still missing.
        case connecting
        /// Viewers can see it.
        case live
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
        /// Let the publisher's session go, and wait for the next one.
        case wait
        /// Take everything down.
        case end
    }

    /// What has to be there before a broadcast is live.
    private struct Legs: OptionSet, Hashable {
        let rawValue: Int
        static let answered = Legs(rawValue: 1)
        static let publisher = Legs(rawValue: 2)
        static let skyWay = Legs(rawValue: 4)
        static let forwarded = Legs(rawValue: 8)
        static let all: Legs = [.answered, .publisher, .skyWay, .forwarded]
        /// Those that a publisher takes with it.
        static let ofSession: Legs = [.answered, .publisher, .forwarded]
    }

    private(set) var phase = Phase.preparing
    /// Whether a publisher was ever answered.
    private(set) var hasAnswered = false
    /// Whether all that SkyWay has of it was there once, so that a publisher can go on with it.
    private(set) var isEstablished = false
    /// Whether media ever came.
    private var hasFlowed = false
    private let mayWait: Bool
    private var legs: Legs = []
    /// Transports to the SFU that are not connected yet.
    private var transports: Set<String> = []
    /// Streams whose relay viewers can't find yet.
    private var relays: Set<MediaKind>

    /// Makes the machine of a broadcast.
    ///
    /// - Parameters:
    ///   - kinds: what it publishes.
    ///   - mayWait: whether it waits for a publisher that is lost.
    init(kinds: Set<MediaKind>, mayWait: Bool) {
        relays = kinds
        self.mayWait = mayWait
    }

    /// Why it ends or has ended.
    var endReason: EndReason? {
        switch phase {
        case .ending(let reason), .ended(let reason): reason
        case .preparing, .connecting, .live, .waiting: nil
        }
    }

    // MARK: The publisher

    /// The publisher has its answer.
    mutating func answered() -> Action {
        guard phase == .preparing else { return .none }
        phase = .connecting
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
        phase = .waiting
        return .wait
    }

    /// Another session of the publisher takes the place of the one before, if there still is one.
    mutating func publisherReturned() {
        guard !isOver else { return }
        legs.subtract(.ofSession)
        phase = .preparing
    }

    /// The publisher was waited for long enough.
    mutating func windowOver() -> Action { phase == .waiting ? end(.notResumed) : .none }

    // MARK: SkyWay

    /// These transports lead to the SFU.
    mutating func transportsOpened(_ ids: Set<String>) {
        transports.formUnion(ids)
    }

    /// A transport to the SFU is connected.
    mutating func transportConnected(_ id: String) -> Action {
        transports.remove(id)
        return transports.isEmpty ? gain(.skyWay) : .none
    }

    /// A transport to the SFU ended by itself; its streams have no other way yet.
    mutating func transportClosed(_ id: String) -> Action { end(.transportLost) }

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
        phase = .ending(reason)
        return .end
    }

    /// Nothing of it is left.
    mutating func tornDown() {
        guard case .ending(let reason) = phase else { return }
        phase = .ended(reason)
    }

    private var isOver: Bool { endReason != nil }

    private mutating func gain(_ leg: Legs) -> Action {
        guard !isOver else { return .none }
        // A publisher that is gone connects no more, whatever its last words were.
        guard phase != .waiting || !Legs.ofSession.contains(leg) else { return .none }
        legs.insert(leg)
        return advance(otherwise: .none)
    }

    private mutating func advance(otherwise action: Action) -> Action {
        guard phase == .connecting, legs == .all, relays.isEmpty, transports.isEmpty else { return action }
        phase = .live
        return .announce
    }
}
