// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Something a token may or may not allow: a method of the RTC API or a call of the SFU API, seen as a right.
enum Permission: Hashable, Sendable, CaseIterable {
    case readChannel
    case createChannel
    case deleteChannel
    case updateChannelMetadata
    /// Joining, and keeping what has joined alive.
    case join
    /// Removing a member, oneself included.
    case leave
    case updateMemberMetadata
    /// P2P signaling.
    case signal
    case publish
    case unpublish
    case enablePublication
    case disablePublication
    case updatePublicationMetadata
    case subscribe
    case unsubscribe
    case createBot
    case deleteBot
    case startForwarding
    case stopForwarding
}

/// What a permission is asked for: the id and name of a channel or a member, as far as they are known.
struct ScopeTarget: Hashable, Sendable {
    /// The id; absent while the resource does not exist yet.
    var id: String?
    /// The name; absent for a resource without one.
    var name: String?
}
