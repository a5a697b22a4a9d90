// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One step in the life of a channel (protocol page §2.6).
struct ChannelEvent: Hashable, Sendable {
    /// What happened, with what it happened to as it was afterwards (or, when it is gone, before).
    enum Change: Hashable, Sendable {
        case channelCreated
        case channelDeleted
        case channelMetadataUpdated
        case memberAdded(Member)
        case memberRemoved(Member)
        case memberMetadataUpdated(Member)
        case streamPublished(Publication)
        case streamUnpublished(Publication)
        case publicationMetadataUpdated(Publication)
        case publicationEnabled(Publication)
        case publicationDisabled(Publication)
        case streamSubscribed(Subscription, Publication)
        case streamUnsubscribed(Subscription, Publication)
    }

    /// The channel's version with this event: one more than the event before it, 0 for the first.
    let version: Int
    /// The channel's metadata after this event.
    let channelMetadata: String?
    let change: Change
}

extension ChannelEvent {
    /// About how many bytes it keeps alive: itself, and what is new with it.
    var size: Int {
        let news =
            switch change {
            case .channelMetadataUpdated: channelMetadata?.utf8.count ?? 0
            case .memberAdded(let member), .memberMetadataUpdated(let member): member.metadata?.utf8.count ?? 0
            case .streamPublished(let publication): JSONText.encodeBytes(PublicationDocument(publication)).count
            case .publicationMetadataUpdated(let publication): publication.metadata?.utf8.count ?? 0
            default: 0
            }
        return 256 + news
    }
}

extension ChannelEvent.Change {
    /// The event's `type` on the wire.
    var name: String {
        switch self {
        case .channelCreated: "ChannelCreated"
        case .channelDeleted: "ChannelDeleted"
        case .channelMetadataUpdated: "ChannelMetadataUpdated"
        case .memberAdded: "MemberAdded"
        case .memberRemoved: "MemberRemoved"
        case .memberMetadataUpdated: "MemberMetadataUpdated"
        case .streamPublished: "StreamPublished"
        case .streamUnpublished: "StreamUnpublished"
        case .publicationMetadataUpdated: "PublicationMetadataUpdated"
        case .publicationEnabled: "PublicationEnabled"
        case .publicationDisabled: "PublicationDisabled"
        case .streamSubscribed: "StreamSubscribed"
        case .streamUnsubscribed: "StreamUnsubscribed"
        }
    }
}
