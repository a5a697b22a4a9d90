// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A channel as `getChannel` and `findOrCreateChannel` answer it (protocol page §2.5).
///
/// Absent values are left out, never `null`; what the SDK reads without a check is always there.
struct ChannelDocument: Encodable {
    private let id: String
    private let name: String?
    private let metadata: String?
    private let members: [MemberDocument]
    private let publications: [PublicationDocument]
    private let subscriptions: [SubscriptionDocument]
    private let version: Int

    /// The snapshot of a channel.
    init(_ channel: Channel) {
        id = channel.id
        name = channel.name
        metadata = channel.metadata
        members = channel.members.map(MemberDocument.init)
        publications = channel.publications.map { PublicationDocument($0, channelID: channel.id) }
        subscriptions = channel.subscriptions.map { SubscriptionDocument($0, channelID: channel.id) }
        version = channel.version
    }
}

/// A member on the wire.
struct MemberDocument: Encodable {
    private let id: String
    private let name: String?
    private let type: Member.Kind
    private let subtype: String
    private let metadata: String?

    init(_ member: Member) {
        id = member.id
        name = member.name
        type = member.kind
        subtype = member.subtype
        metadata = member.metadata
    }
}

/// A publication on the wire; events leave the channel id out (protocol page §2.6).
struct PublicationDocument: Encodable {
    private let id: String
    private let channelId: String?
    private let publisherId: String
    private let origin: String?
    private let contentType: ContentType
    private let metadata: String?
    private let codecCapabilities: [CodecCapability]
    private let encodings: [Encoding]
    private let isEnabled: Bool
    private let type: PublicationType

    init(_ publication: Publication, channelID: String? = nil) {
        id = publication.id
        channelId = channelID
        publisherId = publication.publisherID
        origin = publication.originID
        contentType = publication.contentType
        metadata = publication.metadata
        codecCapabilities = publication.codecCapabilities
        encodings = publication.encodings
        isEnabled = publication.isEnabled
        type = publication.type
    }
}

/// A subscription on the wire; events leave the channel id out.
struct SubscriptionDocument: Encodable {
    private let id: String
    private let channelId: String?
    private let publicationId: String
    private let publisherId: String
    private let subscriberId: String
    private let contentType: ContentType

    init(_ subscription: Subscription, channelID: String? = nil) {
        id = subscription.id
        channelId = channelID
        publicationId = subscription.publicationID
        publisherId = subscription.publisherID
        subscriberId = subscription.subscriberID
        contentType = subscription.contentType
    }
}
