// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A change of a room, with the version the room has after it (protocol page §2.6).
package struct ChannelEvent: Hashable, Sendable {
    /// What changed.
    package enum Change: Hashable, Sendable {
        case channelDeleted
        case channelMetadataUpdated(String?)
        case memberAdded(ChannelMember)
        case memberRemoved(id: String)
        case memberMetadataUpdated(id: String, metadata: String?)
        case streamPublished(ChannelPublication)
        case streamUnpublished(id: String)
        case publicationMetadataUpdated(id: String, metadata: String?)
        case publicationEnabled(id: String)
        case publicationDisabled(id: String)
        case streamSubscribed(ChannelSubscription)
        case streamUnsubscribed(id: String)
        /// A kind of event that changes nothing we know; it still counts as a version.
        case other(String)
    }

    package var channelID: String
    package var version: Int
    package var change: Change

    package init(channelID: String, version: Int, change: Change) {
        self.channelID = channelID
        self.version = version
        self.change = change
    }
}

extension ChannelEvent: Decodable {
    private enum Key: CodingKey {
        case type
        case data
    }

    private enum DataKey: CodingKey {
        case channel
        case member
        case metadata
        case publication
        case subscription
    }

    private struct Channel: Decodable {
        var id: String
        var version: Int
        var metadata: String?
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let type = try values.decode(String.self, forKey: .type)
        let data = try values.nestedContainer(keyedBy: DataKey.self, forKey: .data)
        let channel = try data.decode(Channel.self, forKey: .channel)
        channelID = channel.id
        version = channel.version
        change = try Self.change(type, data, channel)
    }

    private static func change(
        _ type: String,
        _ data: KeyedDecodingContainer<DataKey>,
        _ channel: Channel
    ) throws -> Change {
        func member() throws -> ChannelMember { try data.decode(ChannelMember.self, forKey: .member) }
        func publication() throws -> ChannelPublication {
            try data.decode(ChannelPublication.self, forKey: .publication)
        }
        func subscription() throws -> ChannelSubscription {
            try data.decode(ChannelSubscription.self, forKey: .subscription)
        }
        switch type {
        case "ChannelDeleted": return .channelDeleted
        case "ChannelMetadataUpdated": return .channelMetadataUpdated(channel.metadata)
        case "MemberAdded": return .memberAdded(try member())
        case "MemberRemoved": return .memberRemoved(id: try member().id)
        case "MemberMetadataUpdated":
            let metadata = try data.decodeIfPresent(String.self, forKey: .metadata)
            return .memberMetadataUpdated(id: try member().id, metadata: try metadata ?? member().metadata)
        case "StreamPublished": return .streamPublished(try publication())
        case "StreamUnpublished": return .streamUnpublished(id: try publication().id)
        case "PublicationMetadataUpdated":
            return .publicationMetadataUpdated(id: try publication().id, metadata: try publication().metadata)
        case "PublicationEnabled": return .publicationEnabled(id: try publication().id)
        case "PublicationDisabled": return .publicationDisabled(id: try publication().id)
        case "StreamSubscribed":
            var subscription = try subscription()
            if subscription.publicationID.isEmpty { subscription.publicationID = try publication().id }
            return .streamSubscribed(subscription)
        case "StreamUnsubscribed": return .streamUnsubscribed(id: try subscription().id)
        default: return .other(type)
        }
    }
}
