// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What happens to a link after it was made.
package enum SkyWayLinkEvent: Hashable, Sendable {
    /// The connection to the RTC API is lost and is being made again; media goes on meanwhile.
    case interrupted
    /// The connection is back and nothing was missed.
    case resumed
    /// Another token is in use.
    case tokenRenewed(life: Duration)
    /// No other token could be had; it is tried again, and the old one is used as long as it lives.
    case tokenNotRenewed(SkyWayError)
    /// Our member is gone, and with it all it published.
    case memberRemoved
    /// The bot that forwards for us is gone, and with it all relays.
    case botRemoved
    case publicationRemoved(MediaKind)
    /// Viewers can find the stream from now on.
    case relayPublished(MediaKind)
    case relayRemoved(MediaKind)
    case channelDeleted
    /// The room has this metadata: what we gave it, or what was there before.
    case metadataRead(MetadataSubject, String?)
    /// Somebody else has changed the metadata of something of ours, or of the room.
    case metadataChanged(MetadataSubject, String?)
    /// A viewer was let in.
    case subscriptionConfirmed(MediaKind, subscriptionID: String)
    /// A viewer could not be let in within its time.
    case subscriptionNotConfirmed(MediaKind, subscriptionID: String)
    /// A viewer that was to be let in has gone, or what it watched.
    case subscriptionEnded(subscriptionID: String)
    /// Nothing more will come; the error says `stopped` when it was ended here.
    case ended(SkyWayError)
}

/// What a link is to be made for.
package struct SkyWayLinkRequest: Sendable {
    package var channel: ChannelReference
    /// Whether a room that is not there is made, when it is named by name.
    package var mayCreateChannel: Bool
    package var memberName: String
    /// The metadata that something has when it comes into the room, asked for each time that it does.
    package var metadata: @Sendable (MetadataSubject) async -> String?
    /// Of what metadata will be changed while it is in the room, for tokens that allow just that.
    package var updates: Set<MetadataSubject>

    package init(
        channel: ChannelReference,
        mayCreateChannel: Bool,
        memberName: String,
        updates: Set<MetadataSubject> = [],
        metadata: @escaping @Sendable (MetadataSubject) async -> String? = { _ in nil }
    ) {
        self.channel = channel
        self.mayCreateChannel = mayCreateChannel
        self.memberName = memberName
        self.updates = updates
        self.metadata = metadata
    }
}

/// A stream that a link is to publish.
package struct SkyWayPublication: Hashable, Sendable {
    package var kind: MediaKind
    /// The media type that will probably be sent, such as `video/h264`.
    package var mimeType: String
    /// What viewers name its layers by, lowest quality first; none where there is one layer.
    package var encodings: [String]

    package init(_ kind: MediaKind, mimeType: String, encodings: [String] = []) {
        self.kind = kind
        self.mimeType = mimeType
        self.encodings = encodings
    }
}

/// What the SFU has made for our publications: where media goes, and what it takes.
package struct SkyWayForwardings: Sendable {
    /// The way of one publication.
    package struct Forwarding: Hashable, Sendable {
        package var id: String
        package var transportID: String
    }

    package var capabilities: RTPCapabilities
    package var forwardings: [MediaKind: Forwarding]
    /// What viewers name the layers of each by, lowest quality first.
    package var encodings: [MediaKind: [String]] = [:]
    /// Usually one for all; each is to be connected once.
    package var transports: [SFUTransportOptions]
    /// Streams that viewers can find already; the others are told by `relayPublished`.
    package var published: Set<MediaKind> = []
}

extension MediaKind {
    /// As the services want it written (protocol page §2.4).
    var contentType: String {
        switch self {
        case .audio: "Audio"
        case .video: "Video"
        }
    }
}
