// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// Who publishes, as far as that can be told.
enum PublisherIdentity: Hashable, Sendable {
    /// Whoever has this bearer token; the digest of it.
    case token([UInt8])
    /// Somebody that sent none: never the same as anybody else.
    case anonymous(SessionID)
}

/// What makes two requests to publish the same broadcast.
struct BroadcastKey: Hashable, Sendable {
    /// The room.
    var channel: ChannelReference
    /// Who publishes in it.
    var publisher: PublisherIdentity
}
