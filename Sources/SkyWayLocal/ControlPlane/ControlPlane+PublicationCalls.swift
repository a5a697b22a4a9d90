// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Methods on publications and subscriptions (protocol page §2.3).
extension ControlPlane {
    func publishStream(_ params: RPCParameters.PublishStream, _ caller: RPCCaller) throws(RPCError) -> RPCResult.Created
    {
        let channel = try channel(params.channelId, for: .publish, member: params.publisherId, caller)
        guard let contentType = ContentType(rawValue: params.contentType.capitalized) else {
            throw .invalidParameters("The contentType is unknown.")
        }
        let new = NewPublication(
            publisherID: params.publisherId,
            contentType: contentType,
            originID: params.origin,
            metadata: params.metadata,
            codecCapabilities: params.codecCapabilities ?? [],
            encodings: params.encodings ?? [],
            isEnabled: params.isEnabled ?? true,
            type: params.type ?? .p2p
        )
        let id = Identifier.make()
        return RPCResult.Created(
            id: id,
            version: try version(of: channel.id) { channel throws(ChannelError) in try channel.publish(new, id: id) }
        )
    }

    func unpublishStream(
        _ params: RPCParameters.PublicationID,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        try requirePublisher(of: params.publicationId, in: params.channelId, .unpublish, caller)
        return RPCResult.Version(
            version: try version(of: params.channelId) { channel throws(ChannelError) in
                try channel.unpublish(params.publicationId)
            }
        )
    }

    /// Enables or disables; the version is that of the publication's own event, its relays' come after it.
    func setEnabled(
        _ isEnabled: Bool,
        _ params: RPCParameters.PublicationID,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        let permission: Permission = isEnabled ? .enablePublication : .disablePublication
        try requirePublisher(of: params.publicationId, in: params.channelId, permission, caller)
        let events = try found { () throws(ChannelError) in
            try change(params.channelId) { channel throws(ChannelError) in
                try channel.setEnabled(isEnabled, params.publicationId)
            }
        }
        return RPCResult.Version(version: events.first?.version ?? 0)
    }

    func updatePublicationMetadata(
        _ params: RPCParameters.PublicationMetadata,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        try requirePublisher(of: params.publicationId, in: params.channelId, .updatePublicationMetadata, caller)
        return RPCResult.Version(
            version: try version(of: params.channelId) { channel throws(ChannelError) in
                try channel.updateMetadata(params.metadata, ofPublication: params.publicationId)
            }
        )
    }

    func subscribeStream(
        _ params: RPCParameters.SubscribeStream,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Created {
        let channel = try channel(params.channelId, for: .subscribe, member: params.subscriberId, caller)
        let id = Identifier.make()
        return RPCResult.Created(
            id: id,
            version: try version(of: channel.id) { channel throws(ChannelError) in
                try channel.subscribe(params.subscriberId, to: params.publicationId, id: id)
            }
        )
    }

    func unsubscribeStream(
        _ params: RPCParameters.SubscriptionID,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        let channel = try channel(params.channelId, appID: caller.token.appID)
        let subscription = try found { () throws(ChannelError) in try channel.subscription(params.subscriptionId) }
        _ = try self.channel(channel.id, for: .unsubscribe, member: subscription.subscriberID, caller)
        return RPCResult.Version(
            version: try version(of: channel.id) { channel throws(ChannelError) in
                try channel.unsubscribe(params.subscriptionId)
            }
        )
    }

    private func requirePublisher(
        of publicationID: String,
        in channelID: String,
        _ permission: Permission,
        _ caller: RPCCaller
    ) throws(RPCError) {
        let channel = try channel(channelID, appID: caller.token.appID)
        let publication = try found { () throws(ChannelError) in try channel.publication(publicationID) }
        _ = try self.channel(channelID, for: permission, member: publication.publisherID, caller)
    }
}
