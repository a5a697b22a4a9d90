// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why a channel refuses an operation.
enum ChannelError: Error, Hashable, Sendable {
    case memberNotFound
    case publicationNotFound
    case subscriptionNotFound
    /// A member of that name is in the channel.
    case memberNameTaken
    /// The member already subscribes to the publication.
    case alreadySubscribed
    /// The origin named is itself a relay.
    case nestedTooMuch
    case limitExceeded(ChannelLimits.Kind)
}

/// How much a channel may hold (protocol page §3.8).
package struct ChannelLimits: Hashable, Sendable {
    /// Which limit was met.
    package enum Kind: Hashable, Sendable {
        /// Members in the channel.
        case members
        /// Publications in the channel.
        case publications
        /// Publications of one person.
        case publicationsOfMember
        /// Subscriptions in the channel.
        case subscriptions
        /// Subscriptions of one person.
        case subscriptionsOfMember
        /// Subscriptions to one publication.
        case subscriptionsToPublication
    }

    /// The most members, bots included.
    package var members = 320
    /// The most publications, relays included.
    package var publications = 256
    /// The most publications of one person.
    package var publicationsOfMember = 8
    /// The most subscriptions, those of bots included.
    package var subscriptions = 5120
    /// The most subscriptions of one person.
    package var subscriptionsOfMember = 128
    /// The most subscriptions to one publication.
    package var subscriptionsToPublication = 320

    /// The documented limits.
    package init() {}
}
