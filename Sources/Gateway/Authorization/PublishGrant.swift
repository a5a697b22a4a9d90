// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
package import SkyWay

/// What somebody may publish, and as whom.
package struct PublishGrant: Hashable, Sendable {
    /// Who it is; `nil` where nothing is known that would tell the same publisher again.
    package var publisher: PublisherIdentity?
    /// By whose key or token it was granted, whoever the hook says that is.
    package let credential: PublisherIdentity?
    /// The one channel that may be published in; `nil` for any.
    package var channel: ChannelReference?
    /// The name of the member; `nil` for the gateway's choice.
    package var memberName: String?
    /// The codecs that may be sent.
    package var codecs = CodecRestriction.none
    /// The bit rate that is not to be gone beyond; `nil` for the gateway's own limit.
    package var maximumBitrate: Bitrate?
    /// What is said of the metadata of whoever publishes with it.
    package var metadata = MetadataTexts()
    /// How many may publish with it at a time in a channel; one more takes the place of the one, or is refused.
    package var maximumPublishers = 1

    /// What somebody of whom nothing is known may: everything that the gateway may.
    package init(publisher: PublisherIdentity? = nil) {
        self.publisher = publisher
        credential = publisher
    }

    /// The bit rate to tell the publisher, where the gateway has a limit of its own.
    func bitrate(within limit: Bitrate?) -> Bitrate? {
        guard let maximumBitrate, let limit else { return maximumBitrate ?? limit }
        return maximumBitrate.bitsPerSecond < limit.bitsPerSecond ? maximumBitrate : limit
    }
}

/// What can't be granted as it is written.
package struct InvalidGrant: Error, Hashable, Sendable {
    /// Which part, and what it has to be.
    package var reason: String
}

/// A grant as key files, tokens and hooks write it.
package struct GrantDescription: Hashable, Sendable, Codable {
    package var channel: String?
    package var memberName: String?
    package var codecs: [String]?
    /// Bits per second.
    package var maximumBitrate: UInt64?
    package var maximumPublishers: Int?
    /// By `channel`, `member`, `audio` and `video`, or a text for the member.
    package var metadata: JSONValue?

    /// Describes a grant of everything.
    package init() {}

    /// Puts what is described over a grant.
    ///
    /// - Parameter grant: what is granted where nothing is described.
    /// - Returns: the grant.
    /// - Throws: what is described and can't be.
    package func applied(to grant: PublishGrant) throws(InvalidGrant) -> PublishGrant {
        var grant = grant
        if let channel {
            guard let reference = ChannelReference(channel) else {
                throw InvalidGrant(reason: "channel is neither a room id nor a name of letters, digits and -._%*")
            }
            grant.channel = reference
        }
        if let memberName {
            guard ChannelReference.isValidName(memberName) else {
                throw InvalidGrant(reason: "memberName is no name of 1 to 128 letters, digits and -._%*")
            }
            grant.memberName = memberName
        }
        if let codecs {
            do {
                grant.codecs = try CodecRestriction(codecs)
            } catch {
                throw InvalidGrant(reason: "codecs has \"\(error.name.prefix(40))\", which is not known")
            }
        }
        if let maximumBitrate {
            guard let bitrate = Bitrate(bitsPerSecond: maximumBitrate) else {
                throw InvalidGrant(reason: "maximumBitrate is not from 100,000 to 1,000,000,000 bit/s")
            }
            grant.maximumBitrate = bitrate
        }
        if let maximumPublishers {
            guard (1...1_000).contains(maximumPublishers) else {
                throw InvalidGrant(reason: "maximumPublishers is not from 1 to 1000")
            }
            grant.maximumPublishers = maximumPublishers
        }
        if let metadata {
            do {
                grant.metadata = grant.metadata.overlaid(by: try MetadataTexts(metadata))
            } catch {
                throw InvalidGrant(reason: "metadata \(error.reason)")
            }
        }
        guard grant.memberName == nil || grant.maximumPublishers == 1 else {
            throw InvalidGrant(reason: "memberName goes with one publisher: a room has no two members of one name")
        }
        return grant
    }
}
