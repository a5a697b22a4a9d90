// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import RTC
package import SkyWay

/// All that an operator is told of a broadcast; no secret is in it, nor the address of a session.
package struct BroadcastReport: Hashable, Sendable {
    /// Names the broadcast.
    package let id: BroadcastID
    /// When its publisher came.
    package let since: Date
    /// Where it stands.
    package internal(set) var status = BroadcastStatus.connecting {
        didSet { if status.name != oldValue.name { statusSince = .now } }
    }
    /// When that began.
    package private(set) var statusSince: Date
    /// The room as the publisher named it; `nil` while it is being asked for.
    package internal(set) var room: ChannelReference?
    /// What SkyWay has of it; `nil` until it has joined.
    package internal(set) var member: SkyWayLinkReport?
    /// Who publishes, or did until it was lost.
    package internal(set) var publisher: Publisher
    /// The way of media from the publisher, then those to the SFU.
    package internal(set) var transports: [Transport] = []
    /// What is published, audio before video.
    package internal(set) var publications: [Publication] = []
    /// What the room is told of it.
    package internal(set) var metadata = MetadataReport()
    /// What went wrong so far, by cause.
    package internal(set) var counters = Counters()

    /// Begins the report of a broadcast.
    init(_ id: BroadcastID, publisher: Publisher, room: ChannelReference?) {
        self.id = id
        self.publisher = publisher
        self.room = room
        since = .now
        statusSince = since
    }

    /// Who publishes.
    package struct Publisher: Hashable, Sendable {
        /// Where the request came from.
        package var address: String?
        /// What the program calls itself.
        package var userAgent: String?
        /// Which key or token it has, as the log has it; `nil` where there is nothing to know it by.
        package var key: String?
        /// The beginning of the session's id, as the log has it; `nil` while the publisher is away.
        package var session: String?
        /// When the session began.
        package var since: Date

        /// Describes somebody whose session begins now.
        init(address: String?, userAgent: String?, key: String?, session: String) {
            self.address = address
            self.userAgent = userAgent
            self.key = key
            self.session = session
            since = .now
        }

        /// Says who sent a request.
        init(_ request: PublishRequest, session: SessionID) {
            self.init(
                address: request.address,
                userAgent: request.userAgent.map { String($0.prefix(120)) },
                key: request.grant.publisher?.logText,
                session: session.logText
            )
        }
    }

    /// A way of media.
    package struct Transport: Hashable, Sendable {
        /// Who is at the other end.
        package enum Side: Hashable, Sendable {
            /// The publisher.
            case publisher
            /// The SFU, which calls the transport so.
            case sfu(String)
        }

        /// Who is at the other end.
        package var side: Side
        /// The address at the other end; `nil` before one is found.
        package var address: TransportAddress?
        /// Whether a path works.
        package var ice = ICEState.new
        /// Whether it is secured.
        package var dtls = DTLS.connecting
        /// What was measured last; no news by itself.
        package var figures = Figures()

        /// What became of the handshake.
        package enum DTLS: String, Hashable, Sendable {
            case connecting
            case connected
            case closed
        }
    }

    /// What is measured of a way of media.
    package struct Figures: Hashable, Sendable {
        /// The round-trip time; `nil` where nothing tells it.
        package var roundTripTime: Duration?
        /// Bytes of media: received of a publisher, sent to the SFU.
        package var bytes: UInt64 = 0
        /// Packets of these.
        package var packets: UInt64 = 0
        /// Packets that were expected and did not come, retransmissions apart.
        package var lost: Int64 = 0
        /// Datagrams that were dropped, by reason.
        package var drops: [String: UInt64] = [:]
    }

    /// A stream.
    package struct Publication: Hashable, Sendable {
        package var kind: MediaKind
        /// The codec's name, such as `H264`.
        package var codec: String
        /// What the SFU calls its producer.
        package var producerID: String
        /// How many viewers were let in and are there.
        package var subscriptions = 0
        /// Its layers, lowest quality first; none where it has only one.
        package var layers: [Layer] = []
    }

    /// A layer of a stream that has several.
    package struct Layer: Hashable, Sendable {
        /// What viewers name it by.
        package var id: String
        /// The publisher's RTP stream id of what it is fed with; `nil` where there is none, or nothing was found yet.
        package var rid: String?
        /// The size of its picture, where that is known.
        package var size: PictureSize?
        /// Whether packets of it come.
        package var isActive = false
    }

    /// What went wrong.
    package struct Counters: Hashable, Sendable {
        /// Recoveries by reason.
        package var recoveries: [RecoveryReason: UInt64] = [:]
        /// Lost connections to the RTC API that are back.
        package var reconnects: UInt64 = 0
        /// Viewers that could not be let in.
        package var refusedConfirmations: UInt64 = 0
        /// Sessions that went on with the broadcast after its first.
        package var returns: UInt64 = 0
    }

    /// The report without what changes all the time: what differs in it is news.
    var withoutFigures: BroadcastReport {
        var report = self
        for index in report.transports.indices { report.transports[index].figures = Figures() }
        return report
    }
}
