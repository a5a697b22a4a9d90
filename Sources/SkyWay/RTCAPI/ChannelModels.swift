// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A room as the RTC API tells it at one version (protocol page §2.5).
package struct ChannelSnapshot: Hashable, Sendable {
    package var id: String
    package var name: String?
    package var metadata: String?
    package var version: Int
    package var members: [ChannelMember]
    package var publications: [ChannelPublication]
    package var subscriptions: [ChannelSubscription]
}

/// A person or bot in a room; `type` and `subtype` in lower case.
package struct ChannelMember: Hashable, Sendable {
    package var id: String
    package var name: String?
    package var type: String
    package var subtype: String
    package var metadata: String?

    /// Whether it is a bot that forwards media.
    package var isSFUBot: Bool { subtype == "sfu" }
}

/// A stream that a member publishes; `contentType` in lower case.
package struct ChannelPublication: Hashable, Sendable {
    package var id: String
    package var publisherID: String
    /// The publication that this one relays.
    package var origin: String?
    package var contentType: String
    package var type: String?
    package var metadata: String?
    package var isEnabled: Bool
    /// What viewers name its layers by, lowest quality first; none where there is one layer.
    package var encodings: [String] = []
}

/// A stream that a member receives.
package struct ChannelSubscription: Hashable, Sendable {
    package var id: String
    package var publicationID: String
    package var subscriberID: String?
}

// MARK: Reading what is sent, whatever its casing and further keys

extension ChannelSnapshot: Decodable {
    private enum Key: String, CodingKey {
        case id
        case name
        case metadata
        case version
        case members
        case publications
        case subscriptions
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(String.self, forKey: .id)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        metadata = try values.decodeIfPresent(String.self, forKey: .metadata)
        version = try values.decodeIfPresent(Int.self, forKey: .version) ?? 0
        members = try values.decodeIfPresent([ChannelMember].self, forKey: .members) ?? []
        publications = try values.decodeIfPresent([ChannelPublication].self, forKey: .publications) ?? []
        subscriptions = try values.decodeIfPresent([ChannelSubscription].self, forKey: .subscriptions) ?? []
    }
}

extension ChannelMember: Decodable {
    private enum Key: String, CodingKey {
        case id
        case name
        case type
        case subtype
        case metadata
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(String.self, forKey: .id)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        type = try values.decodeIfPresent(String.self, forKey: .type)?.lowercased() ?? ""
        subtype = try values.decodeIfPresent(String.self, forKey: .subtype)?.lowercased() ?? ""
        metadata = try values.decodeIfPresent(String.self, forKey: .metadata)
    }
}

extension ChannelPublication: Decodable {
    private enum Key: String, CodingKey {
        case id
        case publisherID = "publisherId"
        case origin
        case contentType
        case type
        case metadata
        case isEnabled
        case encodings
    }

    private struct Encoding: Decodable {
        var id: String?
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(String.self, forKey: .id)
        publisherID = try values.decodeIfPresent(String.self, forKey: .publisherID) ?? ""
        origin = try values.decodeIfPresent(String.self, forKey: .origin)
        contentType = try values.decodeIfPresent(String.self, forKey: .contentType)?.lowercased() ?? ""
        type = try values.decodeIfPresent(String.self, forKey: .type)
        metadata = try values.decodeIfPresent(String.self, forKey: .metadata)
        isEnabled = try values.decodeIfPresent(Bool.self, forKey: .isEnabled) ?? true
        encodings = try values.decodeIfPresent([Encoding].self, forKey: .encodings)?.compactMap(\.id) ?? []
    }
}

extension ChannelSubscription: Decodable {
    private enum Key: String, CodingKey {
        case id
        case publicationID = "publicationId"
        case subscriberID = "subscriberId"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(String.self, forKey: .id)
        publicationID = try values.decodeIfPresent(String.self, forKey: .publicationID) ?? ""
        subscriberID = try values.decodeIfPresent(String.self, forKey: .subscriberID)
    }
}
