// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// What makes two requests to publish the same broadcast.
struct BroadcastKey: Hashable, Sendable {
    /// The room.
    var channel: ChannelReference
    /// Who publishes in it.
    var publisher: PublisherIdentity
}
