// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The parameters of each method (protocol page §2.3), beside `appId` and `authToken`.
///
/// Mind the names: methods on a channel take its id as `id`, methods on what is in it as `channelId`, and
/// `removeMember` takes the member's as `id`.
enum RPCParameters {
    /// Of `createChannel` and `findOrCreateChannel`.
    struct NewChannel: Decodable {
        let name: String?
        let metadata: String?
    }

    /// Of `getChannel` and `deleteChannel`.
    struct ChannelID: Decodable {
        let id: String
    }

    /// Of `getChannelByName`.
    struct ChannelName: Decodable {
        let name: String
    }

    /// Of `updateChannelMetadata`.
    struct ChannelMetadata: Decodable {
        let id: String
        let metadata: String
    }

    /// Of `addMember`.
    struct AddMember: Decodable {
        let channelId: String
        let name: String?
        let metadata: String?
        let subscribeChannelEvents: Bool?
        let ttlSec: Int64?
        let type: String
        let subtype: String
    }

    /// Of `updateMemberTtl`.
    struct MemberTimeToLive: Decodable {
        let channelId: String
        let memberId: String
        let ttlSec: Int64
    }

    /// Of `updateMemberMetadata`.
    struct MemberMetadata: Decodable {
        let channelId: String
        let memberId: String
        let metadata: String
    }

    /// Of `removeMember`.
    struct RemoveMember: Decodable {
        let channelId: String
        let id: String
    }

    /// Of `publishStream`.
    struct PublishStream: Decodable {
        let channelId: String
        let publisherId: String
        let contentType: String
        let metadata: String?
        let origin: String?
        let codecCapabilities: [CodecCapability]?
        let encodings: [Encoding]?
        let isEnabled: Bool?
        let type: PublicationType?
    }

    /// Of `unpublishStream`, `enablePublication` and `disablePublication`.
    struct PublicationID: Decodable {
        let channelId: String
        let publicationId: String
    }

    /// Of `updatePublicationMetadata`.
    struct PublicationMetadata: Decodable {
        let channelId: String
        let publicationId: String
        let metadata: String
    }

    /// Of `subscribeStream`.
    struct SubscribeStream: Decodable {
        let channelId: String
        let subscriberId: String
        let publicationId: String
    }

    /// Of `unsubscribeStream`.
    struct SubscriptionID: Decodable {
        let channelId: String
        let subscriptionId: String
    }

    /// Of `subscribeChannelEvents`.
    struct EventSubscription: Decodable {
        let channelId: String
        let offset: Int?
    }
}
