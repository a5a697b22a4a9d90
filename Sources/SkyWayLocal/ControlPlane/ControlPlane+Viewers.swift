// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A member that watches without the SDK: its WHEP session is its only reason to be.
struct Viewer: Hashable, Sendable {
    let sessionID: String
    let channelID: String
    let memberID: String
}

/// A relay that can be watched.
struct Relay: Hashable, Sendable {
    let forwardingID: String
    let kind: RTPKind
}

/// A viewer's subscription to a relay.
struct ViewerSubscription: Hashable, Sendable {
    let id: String
    let relay: Relay
}

/// Members of this server's own: inside they are like any other.
extension ControlPlane {
    /// Waits for relays of all kinds wanted, and takes those there are when not all come.
    ///
    /// - Parameters:
    ///   - channel: the channel's id, or its name.
    ///   - member: the publisher's id or name; the newest publisher where absent.
    ///   - kinds: what the viewer can receive.
    ///   - patience: how long to wait for the second kind once there is a first.
    /// - Returns: the channel and at least one relay.
    /// - Throws: 404 while there is no channel or nobody publishes.
    func relays(
        in channel: String,
        of member: String?,
        kinds: Set<RTPKind>,
        patience: Duration
    ) async throws(SFUAPIError) -> (channelID: String, relays: [Relay]) {
        let found = try relays(in: channel, of: member, kinds: kinds)
        guard found.relays.count < kinds.count else { return found }
        do {
            return try await waitForForwardings(patience: patience) { () throws(SFUAPIError) in
                let found = try relays(in: channel, of: member, kinds: kinds)
                return found.relays.count < kinds.count ? .missing(.notFound("other track")) : .ready(found)
            }
        } catch {
            return try relays(in: channel, of: member, kinds: kinds)
        }
    }

    /// Lets a viewer join and subscribe.
    ///
    /// - Parameters:
    ///   - channelID: the channel.
    ///   - relays: what it watches.
    /// - Returns: the viewer and its subscriptions.
    /// - Throws: what the channel refuses it with; nothing is left of it then.
    func admitViewer(
        to channelID: String,
        relays: [Relay]
    ) throws(SFUAPIError) -> (viewer: Viewer, subscriptions: [ViewerSubscription]) {
        let viewer = Viewer(sessionID: Identifier.make(), channelID: channelID, memberID: Identifier.make())
        guard channels[channelID] != nil else { throw .notFound("channel") }
        try apply(to: channelID) { channel throws(ChannelError) in
            try channel.add(NewMember(metadata: "whep"), id: viewer.memberID)
        }
        viewers[viewer.sessionID] = viewer
        var subscriptions: [ViewerSubscription] = []
        do {
            for relay in relays {
                let subscription = ViewerSubscription(id: Identifier.make(), relay: relay)
                try apply(to: channelID) { channel throws(ChannelError) in
                    try channel.subscribe(viewer.memberID, to: relay.forwardingID, id: subscription.id)
                }
                subscriptions.append(subscription)
            }
        } catch {
            removeViewer(viewer.sessionID)
            throw error
        }
        return (viewer, subscriptions)
    }

    /// The WHEP sessions of everybody who watches.
    var viewerSessions: Set<String> { Set(viewers.keys) }

    /// Lets a viewer leave.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func removeViewer(_ sessionID: String) -> Bool {
        guard let viewer = viewers.removeValue(forKey: sessionID) else { return false }
        _ = try? change(viewer.channelID) { channel throws(ChannelError) in
            try channel.removeMember(viewer.memberID)
        }
        return true
    }

    /// Lets the viewer leave whose transport has ended; members of clients stay.
    func removeViewer(ofMember memberID: String) {
        guard let viewer = viewers.values.first(where: { $0.memberID == memberID }) else { return }
        removeViewer(viewer.sessionID)
    }

    /// Forgets the session of a member that has been removed.
    func forgetViewer(_ memberID: String) {
        for viewer in viewers.values where viewer.memberID == memberID { viewers[viewer.sessionID] = nil }
    }

    /// Lets viewers leave that have lost their last subscription: nothing will ever come to them again.
    func removeIdleViewers(after events: [ChannelEvent], in channel: Channel) {
        for event in events {
            guard case .streamUnsubscribed(let subscription, _) = event.change,
                !channel.subscriptions.contains(where: { $0.subscriberID == subscription.subscriberID })
            else { continue }
            removeViewer(ofMember: subscription.subscriberID)
        }
    }

    private func relays(
        in channel: String,
        of member: String?,
        kinds: Set<RTPKind>
    ) throws(SFUAPIError) -> (channelID: String, relays: [Relay]) {
        guard let channel = channels[channel] ?? channels.values.first(where: { $0.name == channel }) else {
            throw .notFound("channel")
        }
        let candidates = channel.publications.filter { publication in
            guard forwardings[publication.id] != nil, let publisher = publisher(of: publication, in: channel) else {
                return false
            }
            return member.map { $0 == publisher.id || $0 == publisher.name } ?? true
        }
        guard let newest = candidates.last.flatMap({ publisher(of: $0, in: channel) }) else {
            throw .notFound("publisher")
        }
        let relays = kinds.compactMap { kind in
            candidates.last { relay in
                relay.contentType.rawValue.lowercased() == kind.rawValue
                    && publisher(of: relay, in: channel)?.id == newest.id
            }.map { Relay(forwardingID: $0.id, kind: kind) }
        }
        guard !relays.isEmpty else { throw .notFound("publisher") }
        return (channel.id, relays.sorted { $0.kind.rawValue < $1.kind.rawValue })
    }

    /// The person whose stream a relay carries.
    private func publisher(of relay: Publication, in channel: Channel) -> Member? {
        let origin = channel.publications.first { $0.id == relay.originID }
        return origin.flatMap { origin in channel.members.first { $0.id == origin.publisherID } }
    }
}
