// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What a broadcast is going through, and what follows from each thing that happens to it.
///
/// No clock, no network: `Broadcast` tells it what happened and does what it says.
struct BroadcastStateMachine: Equatable {
    /// Where a broadcast stands.
    enum Phase: Hashable {
        /// The publisher waits for its answer.
        case preparing
        /// The publisher has its answer; something on the way to the viewers is still missing.
        case connecting
        /// Viewers can see it.
        case live
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
    }

    private(set) var phase = Phase.preparing
    private var legs: Legs = []
    /// Transports to the SFU that are not connected yet.
    private var transports: Set<String> = []
    /// Streams whose relay viewers can't find yet.
    private var relays: Set<MediaKind>

    /// Makes the machine of a broadcast.
    ///
    /// - Parameter kinds: what it publishes.
    init(kinds: Set<MediaKind>) {
        relays = kinds
    }

    /// Why it ends or has ended.
    var endReason: EndReason? {
        switch phase {
        case .ending(let reason), .ended(let reason): reason
        case .preparing, .connecting, .live: nil
        }
    }

    /// Whether the publisher has its answer.
    var isAnswered: Bool { legs.contains(.answered) }

    // MARK: The publisher

    /// The publisher has its answer.
    mutating func answered() -> Action {
        guard phase == .preparing else { return .none }
        phase = .connecting
        legs.insert(.answered)
        return advance(otherwise: .announce)
    }

    /// The publisher's transport is connected.
    mutating func publisherConnected() -> Action { gain(.publisher) }

    /// The publisher's session ended by itself.
    mutating func publisherClosed(_ reason: SessionCloseReason) -> Action { end(EndReason(publisher: reason)) }

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
    mutating func forwarded() -> Action { gain(.forwarded) }

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
        legs.insert(leg)
        return advance(otherwise: .none)
    }

    private mutating func advance(otherwise action: Action) -> Action {
        guard phase == .connecting, legs == .all, relays.isEmpty, transports.isEmpty else { return action }
        phase = .live
        return .announce
    }
}
