// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why something of a broadcast on SkyWay's side is being made again; the raw value labels counters.
package enum RecoveryReason: String, Hashable, Sendable, CaseIterable {
    /// The connection to the RTC API was lost; media goes on, so that the broadcast stays live.
    case connectionLost = "connection-lost"
    /// Nothing came from the SFU any more, or no path to it answers.
    case pathLost = "path-lost"
    /// The SFU ended the connection, or it could not be secured.
    case transportClosed = "transport-closed"
    /// A relay was unpublished while its bot stayed.
    case forwardingRemoved = "forwarding-removed"
    /// Somebody else unpublished one of our streams.
    case publicationRemoved = "publication-removed"
    /// The bot that forwarded for us left the room.
    case botRemoved = "bot-removed"
    /// Our member was removed, or its time had run out.
    case memberRemoved = "member-removed"
    /// The room is not there any more.
    case channelDeleted = "channel-deleted"
    /// A step of publishing failed although its publisher was answered already.
    case publishingFailed = "publishing-failed"
}

extension RecoveryReason: CustomStringConvertible {
    /// The reason as a person reads it.
    package var description: String {
        switch self {
        case .connectionLost: "the connection to SkyWay's RTC API was lost; media goes on"
        case .pathLost: "nothing comes from SkyWay's SFU any more"
        case .transportClosed: "SkyWay's SFU ended the connection"
        case .forwardingRemoved: "SkyWay's SFU does not forward a stream any more"
        case .publicationRemoved: "somebody else unpublished a stream"
        case .botRemoved: "the bot that forwards the streams left the room"
        case .memberRemoved: "the member was removed from the room, or its time had run out"
        case .channelDeleted: "the room was deleted"
        case .publishingFailed: "a step of publishing failed"
        }
    }
}

/// A recovery that is under way.
package struct Recovery: Hashable, Sendable {
    /// What was lost first.
    package var reason: RecoveryReason
    /// When that was noticed.
    package var since: ContinuousClock.Instant
    /// How often it has been tried, the present attempt included.
    package var attempt: Int

    /// Makes the description of a recovery.
    package init(_ reason: RecoveryReason, since: ContinuousClock.Instant, attempt: Int = 1) {
        self.reason = reason
        self.since = since
        self.attempt = attempt
    }
}
