// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What a link knows of the room and of what is its own there, and what follows from each change.
///
/// No clock, no network: the link asks it and does what it says.
struct SkyWayLinkStateMachine {
    enum Phase: Hashable {
        case connecting
        /// The room is known.
        case connected
        case leaving
        case ended
    }

    /// A subscription to be confirmed.
    struct Confirmation: Hashable, Sendable {
        var kind: MediaKind
        var subscriptionID: String
        var forwardingID: String
        var identifierKey: String
    }

    /// What follows from an input.
    struct Effects {
        var events: [SkyWayLinkEvent] = []
        var confirmations: [Confirmation] = []
        /// To be looked at again after a second.
        var gap: ChannelEventBuffer<ChannelEvent>.Gap?
    }

    /// What is ours in the room and has to go when we leave.
    struct Remains: Hashable {
        var publicationIDs: [String]
        var memberID: String?
    }

    struct Publication {
        var id: String
        /// What viewers name its layers by.
        var encodings: [String] = []
        var forwarding: SFUForwarding?
        var isRelayPublished = false
    }

    private(set) var phase = Phase.connecting
    var channel: ChannelState?
    var memberID: String?
    var botID: String?
    var publications: [MediaKind: Publication] = [:]
    var buffer = ChannelEventBuffer<ChannelEvent>()
    private var confirmed: Set<String> = []
    /// The name that our member has.
    let memberName: String
    /// Members that were ours at some time.
    var formerMembers: Set<String> = []
    /// Whether the room has to be read again before anything is built on what is known of it.
    var isInDoubt = false
    /// Whether we may have joined without hearing of it.
    var isJoinUnsure = false
    /// What we may have published without hearing of it.
    var unsurePublications: Set<MediaKind> = []
    /// Publications that were given up, and that the room may still have where that was not heard.
    var orphans: Set<String> = []

    /// What is known of the metadata of what is ours.
    var metadata = MetadataWatch()

    /// Makes a machine that knows nothing of the room yet.
    init(memberName: String = "") {
        self.memberName = memberName
    }

    /// The version from which events are to be asked for after a lost connection.
    var lastVersion: Int? { buffer.lastVersion }

    // MARK: The room

    /// The room has been told whole, for the first time or because events were lost.
    mutating func received(_ snapshot: ChannelSnapshot) -> Effects {
        var effects = Effects()
        if let channel {
            guard snapshot.version >= channel.version else { return effects }
            for event in channel.changes(to: snapshot) { apply(event, &effects) }
        }
        channel = ChannelState(snapshot)
        isInDoubt = false
        adopt()
        if phase == .connecting { phase = .connected }
        deliver(buffer.start(at: snapshot.version), &effects)
        effects.events += readMetadata().events
        return effects
    }

    /// An event has come, in whatever order.
    mutating func received(_ event: ChannelEvent) -> Effects {
        var effects = Effects()
        guard channel == nil || event.channelID == channel?.id else { return effects }
        deliver(buffer.receive(event, version: event.version), &effects)
        return effects
    }

    mutating func gapTimeout(_ gap: ChannelEventBuffer<ChannelEvent>.Gap) -> ChannelEventBuffer<ChannelEvent>.GapAction
    {
        phase == .connected ? buffer.gapTimeout(gap) : .nothing
    }

    private mutating func deliver(_ delivery: ChannelEventBuffer<ChannelEvent>.Delivery, _ effects: inout Effects) {
        for event in delivery.events where event.channelID == channel?.id { apply(event, &effects) }
        effects.gap = delivery.gap
    }

    private mutating func apply(_ event: ChannelEvent, _ effects: inout Effects) {
        channel?.apply(event)
        guard phase == .connected else { return }
        effects.events += readMetadata().events
        switch event.change {
        case .channelDeleted: effects.events.append(.channelDeleted)
        case .memberRemoved(let id): memberRemoved(id, &effects)
        case .streamPublished(let publication): streamPublished(publication, &effects)
        case .streamUnpublished(let id): streamUnpublished(id, &effects)
        case .streamSubscribed(let subscription): confirm([subscription], &effects)
        case .streamUnsubscribed: break
        default: return
        }
        endSubscriptions(&effects)
    }

    /// Forgets the subscriptions that are not in the room any more.
    private mutating func endSubscriptions(_ effects: inout Effects) {
        let gone = confirmed.filter { channel?.subscriptions[$0] == nil }
        confirmed.subtract(gone)
        effects.events += gone.sorted().map { .subscriptionEnded(subscriptionID: $0) }
    }

    private mutating func memberRemoved(_ id: String, _ effects: inout Effects) {
        if id == memberID {
            effects.events.append(memberLost())
        } else if id == botID {
            botID = nil
            for kind in publications.keys {
                publications[kind]?.forwarding = nil
                publications[kind]?.isRelayPublished = false
            }
            effects.events.append(.botRemoved)
        }
    }

    private mutating func streamPublished(_ published: ChannelPublication, _ effects: inout Effects) {
        for (kind, publication) in publications where publication.forwarding?.forwardingId == published.id {
            guard !publication.isRelayPublished else { continue }
            publications[kind]?.isRelayPublished = true
            effects.events.append(.relayPublished(kind))
        }
    }

    private mutating func streamUnpublished(_ id: String, _ effects: inout Effects) {
        orphans.remove(id)
        for (kind, publication) in publications {
            if publication.id == id {
                publications[kind] = nil
                effects.events.append(.publicationRemoved(kind))
            } else if publication.forwarding?.forwardingId == id {
                publications[kind]?.forwarding = nil
                publications[kind]?.isRelayPublished = false
                effects.events.append(.relayRemoved(kind))
            }
        }
    }

    // MARK: What is ours

    mutating func joined(memberID: String) {
        self.memberID = memberID
        formerMembers.insert(memberID)
        isJoinUnsure = false
    }

    mutating func botChosen(_ botID: String) { self.botID = botID }

    mutating func published(_ kind: MediaKind, id: String, encodings: [String] = []) {
        publications[kind] = Publication(id: id, encodings: encodings)
        unsurePublications.remove(kind)
    }

    /// We publish a stream no more; its end is no news then.
    mutating func unpublished(_ kind: MediaKind) -> String? {
        guard let id = publications.removeValue(forKey: kind)?.id else { return nil }
        orphans.insert(id)
        return id
    }

    /// The SFU forwards one of our publications: those who subscribe to the relay already are let in too.
    mutating func forwarded(_ kind: MediaKind, _ forwarding: SFUForwarding) -> Effects {
        var effects = Effects()
        publications[kind]?.forwarding = forwarding
        if channel?.publications[forwarding.forwardingId] != nil {
            publications[kind]?.isRelayPublished = true
            effects.events.append(.relayPublished(kind))
        }
        confirm(channel?.subscriptions(of: forwarding.forwardingId) ?? [], &effects)
        return effects
    }

    func publicationID(_ kind: MediaKind) -> String? { publications[kind]?.id }

    func forwarding(_ kind: MediaKind) -> SFUForwarding? { publications[kind]?.forwarding }

    /// Whether viewers can find a stream.
    func isRelayPublished(_ kind: MediaKind) -> Bool { publications[kind]?.isRelayPublished ?? false }

    /// The server says that our member is not there.
    mutating func memberLost() -> SkyWayLinkEvent {
        memberID = nil
        publications = [:]
        return .memberRemoved
    }

    /// A viewer could not be let in; that is tried again once something has changed.
    mutating func notConfirmed(_ confirmation: Confirmation) { confirmed.remove(confirmation.subscriptionID) }

    /// Lets in whoever is not let in yet.
    mutating func confirmAll() -> Effects {
        var effects = Effects()
        for publication in publications.values {
            guard let id = publication.forwarding?.forwardingId else { continue }
            confirm(channel?.subscriptions(of: id) ?? [], &effects)
        }
        return effects
    }

    private mutating func confirm(_ subscriptions: [ChannelSubscription], _ effects: inout Effects) {
        for subscription in subscriptions where !confirmed.contains(subscription.id) {
            for (kind, publication) in publications {
                guard let forwarding = publication.forwarding,
                    forwarding.forwardingId == subscription.publicationID
                else { continue }
                confirmed.insert(subscription.id)
                effects.confirmations.append(
                    Confirmation(
                        kind: kind,
                        subscriptionID: subscription.id,
                        forwardingID: forwarding.forwardingId,
                        identifierKey: forwarding.identifierKey
                    )
                )
            }
        }
    }

    /// Whether a confirmation that has not succeeded is worth another attempt.
    func isWanted(_ confirmation: Confirmation) -> Bool {
        phase == .connected && confirmed.contains(confirmation.subscriptionID)
            && publications[confirmation.kind]?.forwarding?.forwardingId == confirmation.forwardingID
    }

    // MARK: The end

    /// From now on the room's changes are no news; false when that was so before.
    mutating func leave() -> Bool {
        guard phase == .connecting || phase == .connected else { return false }
        phase = .leaving
        return true
    }

    /// What has to go, publications first.
    var remains: Remains {
        Remains(publicationIDs: publications.values.map(\.id).sorted(), memberID: memberID)
    }

    mutating func ended() { phase = .ended }
}
