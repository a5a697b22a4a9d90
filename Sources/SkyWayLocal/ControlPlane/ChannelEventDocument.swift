// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A `channelEventNotification`, ready for the wire (protocol page §2.6).
struct ChannelEventDocument: Encodable {
    private let jsonrpc = "2.0"
    private let method = "channelEventNotification"
    private let params: Parameters

    /// The notification of an event.
    init(_ event: ChannelEvent, of channel: Channel) {
        params = Parameters(
            type: event.change.name,
            appId: channel.appID,
            data: Content(
                event.change,
                channel: ChannelSummary(id: channel.id, version: event.version, metadata: event.channelMetadata)
            )
        )
    }

    private struct Parameters: Encodable {
        let type: String
        let appId: String
        let data: Content
    }

    private struct Content: Encodable {
        let channel: ChannelSummary
        var member: MemberDocument?
        var metadata: String?
        var publication: PublicationDocument?
        var subscription: SubscriptionDocument?

        init(_ change: ChannelEvent.Change, channel: ChannelSummary) {
            self.channel = channel
            switch change {
            case .channelCreated, .channelDeleted, .channelMetadataUpdated:
                break
            case .memberAdded(let member), .memberRemoved(let member):
                self.member = MemberDocument(member)
            case .memberMetadataUpdated(let member):
                self.member = MemberDocument(member)
                metadata = member.metadata
            case .streamPublished(let publication), .streamUnpublished(let publication),
                .publicationMetadataUpdated(let publication), .publicationEnabled(let publication),
                .publicationDisabled(let publication):
                self.publication = PublicationDocument(publication)
            case .streamSubscribed(let subscription, let publication),
                .streamUnsubscribed(let subscription, let publication):
                self.subscription = SubscriptionDocument(subscription)
                self.publication = PublicationDocument(publication)
            }
        }
    }
}

/// A channel in few words: what `createChannel` answers and every event carries.
struct ChannelSummary: Encodable {
    let id: String
    let version: Int
    let metadata: String?
}
