// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// A person or a bot in a channel (protocol page §2.5).
struct Member: Hashable, Sendable {
    /// What kind of member it is, in the casing of the wire (protocol page §2.4).
    enum Kind: String, Hashable, Sendable, Codable {
        case person = "Person"
        case bot = "Bot"
    }

    let id: String
    /// Unique in the channel where there is one.
    let name: String?
    let kind: Kind
    /// `Person`, or `sfu` for the SFU's bot.
    let subtype: String
    var metadata: String?
    /// When the member is removed, in seconds since 1970 by this server's clock; absent for one that stays.
    var expiresAt: Int64?

    /// The subtype of the SFU's bot, which the SDK compares in lower case.
    static let sfuSubtype = "sfu"

    /// What a token's scope sees of the member.
    var target: ScopeTarget { ScopeTarget(id: id, name: name) }
}

/// What a stream carries, in the casing of the wire (protocol page §2.4).
enum ContentType: String, Hashable, Sendable, Codable {
    case audio = "Audio"
    case video = "Video"
    case data = "Data"
}

/// How a publication is meant to reach its subscribers.
enum PublicationType: String, Hashable, Sendable, Codable {
    case p2p
    case sfu
}

/// A codec a publisher names; information for other clients only.
struct CodecCapability: Hashable, Sendable, Codable {
    var mimeType: String
    var parameters: JSONValue?
}

/// One encoding of a publication, lowest quality first (protocol page §6.4).
struct Encoding: Hashable, Sendable, Codable {
    var id: String
}

/// A stream in a channel: what a person published, or a bot's relay of it (protocol page §2.5).
struct Publication: Hashable, Sendable {
    let id: String
    let publisherID: String
    /// The publication this one relays.
    let originID: String?
    let contentType: ContentType
    var metadata: String?
    let codecCapabilities: [CodecCapability]
    let encodings: [Encoding]
    var isEnabled: Bool
    let type: PublicationType
}

/// A member's wish to receive a publication (protocol page §2.5).
struct Subscription: Hashable, Sendable {
    let id: String
    let publicationID: String
    let publisherID: String
    let subscriberID: String
    let contentType: ContentType
}
