// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A room as the events have told it so far.
package struct ChannelState: Hashable, Sendable {
    package let id: String
    package private(set) var name: String?
    package private(set) var metadata: String?
    package private(set) var version: Int
    package private(set) var isDeleted = false
    /// In order of arrival.
    package private(set) var members: [ChannelMember]
    package private(set) var publications: [String: ChannelPublication]
    package private(set) var subscriptions: [String: ChannelSubscription]

    package init(_ snapshot: ChannelSnapshot) {
        id = snapshot.id
        name = snapshot.name
        metadata = snapshot.metadata
        version = snapshot.version
        members = snapshot.members
        publications = Dictionary(snapshot.publications.map { ($0.id, $0) }) { $1 }
        subscriptions = Dictionary(snapshot.subscriptions.map { ($0.id, $0) }) { $1 }
    }

    package func member(_ id: String) -> ChannelMember? { members.first { $0.id == id } }

    /// The bot to publish through: the first one, as the SDK has it (protocol page §6.2).
    package var sfuBot: ChannelMember? { members.first(where: \.isSFUBot) }

    /// The subscriptions of one publication, by id.
    package func subscriptions(of publicationID: String) -> [ChannelSubscription] {
        subscriptions.values.filter { $0.publicationID == publicationID }.sorted { $0.id < $1.id }
    }

    /// Applies one event; what it takes away takes along what hung on it.
    package mutating func apply(_ event: ChannelEvent) {
        version = event.version
        switch event.change {
        case .channelDeleted: isDeleted = true
        case .channelMetadataUpdated(let metadata): self.metadata = metadata
        case .memberAdded(let member):
            members.removeAll { $0.id == member.id }
            members.append(member)
        case .memberRemoved(let id): removeMember(id)
        case .memberMetadataUpdated(let id, let metadata):
            guard let index = members.firstIndex(where: { $0.id == id }) else { return }
            members[index].metadata = metadata
        case .streamPublished(let publication): publications[publication.id] = publication
        case .streamUnpublished(let id): removePublication(id)
        case .publicationMetadataUpdated(let id, let metadata): publications[id]?.metadata = metadata
        case .publicationEnabled(let id): publications[id]?.isEnabled = true
        case .publicationDisabled(let id): publications[id]?.isEnabled = false
        case .streamSubscribed(let subscription): subscriptions[subscription.id] = subscription
        case .streamUnsubscribed(let id): subscriptions[id] = nil
        case .other: break
        }
    }

    /// The room is not there any more.
    mutating func delete() { isDeleted = true }

    private mutating func removeMember(_ id: String) {
        members.removeAll { $0.id == id }
        for publication in publications.values where publication.publisherID == id { removePublication(publication.id) }
        subscriptions = subscriptions.filter { $0.value.subscriberID != id }
    }

    private mutating func removePublication(_ id: String) {
        publications[id] = nil
        subscriptions = subscriptions.filter { $0.value.publicationID != id }
    }

    /// The changes that lead from here to a newer snapshot, for when events were missed.
    package func changes(to snapshot: ChannelSnapshot) -> [ChannelEvent] {
        let target = ChannelState(snapshot)
        var changes: [ChannelEvent.Change] = []
        changes += subscriptions.keys.filter { target.subscriptions[$0] == nil }.sorted()
            .map { .streamUnsubscribed(id: $0) }
        changes += publications.keys.filter { target.publications[$0] == nil }.sorted().map {
            .streamUnpublished(id: $0)
        }
        changes += members.filter { target.member($0.id) == nil }.map { .memberRemoved(id: $0.id) }
        changes += target.members.filter { member($0.id) != $0 }.map { .memberAdded($0) }
        changes += snapshot.publications.filter { publications[$0.id] != $0 }.map { .streamPublished($0) }
        changes += snapshot.subscriptions.filter { subscriptions[$0.id] != $0 }.map { .streamSubscribed($0) }
        if target.metadata != metadata { changes.append(.channelMetadataUpdated(target.metadata)) }
        return changes.map { ChannelEvent(channelID: id, version: snapshot.version, change: $0) }
    }
}
