// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// Names a session within its worker; never used again after the session has ended.
package struct PeerID: Hashable, Sendable, BitwiseCopyable {
    /// The place in the worker's table.
    let slot: Int
    /// How many sessions had the place before.
    let generation: UInt64
}

/// A session with the socket it uses and the ways that its media takes.
///
/// Confined to the worker's thread. Peers name each other by `PeerID`, never by reference, so that either may end first.
final class Peer {
    let id: PeerID
    var session: Session
    /// Where its owner hears of it; packets never go there.
    let events: AsyncStream<SessionEvent>.Continuation
    /// Where its last counters are kept for its owner.
    let lastWords: LastWords
    /// The socket of its own; `nil` on the shared port.
    let socket: DatagramSocket?
    /// Its lanes to IPv4 and to IPv6 addresses; −1 before the first packet.
    var lanes = (ipv4: -1, ipv6: -1)
    /// Where the last datagram came from, and the address of ours that it came to.
    var replyPath: (remote: TransportAddress, local: IPAddress?)?
    /// When it last sent to another address than the selected one.
    var lastStray: MonotonicTime?

    /// When the session wants to be called again.
    var sessionDeadline: MonotonicTime?
    /// Whether it waits to be drained.
    var isDirty = false
    /// Whether its session has ended, and nobody can find it any more.
    var isRetired = false

    /// The TURN servers that it may use, and its way by one of them once there was a need for it.
    var relaySettings: RelaySettings?
    var relay: RelayPath?

    /// What records its packets.
    var tap: PeerTap?
    /// Where packets of pictures wait so that bursts are spread out; `nil` where they are not.
    var pacing: PacingQueue?
    /// What is done about congestion on its path, where that is watched.
    var congestion: EgressCongestion?
    /// What each of the sessions that take from it can carry of that, in bits per second.
    var limits: [PeerID: UInt64] = [:]

    /// What goes wrong on purpose on the way of its datagrams.
    var impaired: ImpairedPath?

    /// Whether its owner is told what is unusual about its incoming streams.
    var observesStreams = false
    /// What is known of the stream of each layer of each track, by `Route.place`.
    var inspectors: [StreamInspector?] = []
    /// Where packets of its tracks go; a place that is free has a destination that there is not.
    var forwardings: [Route] = []
    /// The places in `forwardings` that take the packets of each layer of each track, by `Route.place`.
    var routes: [[Int]] = []
    /// What comes to its outgoing streams.
    var feeds: [Feed] = []
    /// Where its outgoing streams stand that somebody has fed: who feeds them next goes on from there.
    var heads: [SendStreamIndex: TrackForwarder.Head] = [:]
    /// Its outgoing streams that are held back for want of bandwidth, whoever feeds them.
    var held: Set<SendStreamIndex> = []
    /// What is known of the layers of each track of which the best one is forwarded, by its index.
    var layers: [TrackLayers?] = []
    /// The bit rate of each layer of each track, by `Route.place`, where somebody chooses by it.
    var meters: [LayerMeter?] = []
    /// When it is seen next whether its path carries more.
    var burstPlan = BurstPlan()
    /// When the layers that come to its outgoing streams are chosen anew; `nil` while there is nothing to choose.
    var layerReview: MonotonicTime?
    /// What makes packets for its outgoing streams.
    var sources: [SourceSlot] = []
    /// What else takes the packets of its tracks.
    var sinks: [SinkSlot] = []

    init(
        id: PeerID,
        session: consuming Session,
        socket: DatagramSocket?,
        events: AsyncStream<SessionEvent>.Continuation,
        lastWords: LastWords
    ) {
        self.id = id
        self.session = session
        self.socket = socket
        self.events = events
        self.lastWords = lastWords
        if self.session.watchesCongestion { congestion = EgressCongestion() }
    }

    /// The earliest moment at which the session or one of its sources wants to be called.
    var deadline: MonotonicTime? {
        var earliest = sessionDeadline
        if let due = impaired?.deadline { earliest = earliest.map { min($0, due) } ?? due }
        if let due = relay?.deadline { earliest = earliest.map { min($0, due) } ?? due }
        if let due = pacing?.deadline { earliest = earliest.map { min($0, due) } ?? due }
        if let due = congestion?.review { earliest = earliest.map { min($0, due) } ?? due }
        if let layerReview { earliest = earliest.map { min($0, layerReview) } ?? layerReview }
        guard session.isConnected else { return earliest }
        for index in sources.indices {
            guard let due = sources[index].source.deadline else { continue }
            earliest = earliest.map { min($0, due) } ?? due
        }
        return earliest
    }
}

/// A source with the stream it feeds.
struct SourceSlot {
    let stream: SendStreamIndex
    var source: any MediaSource
    var hasStarted = false
}

/// A sink with the track it takes.
struct SinkSlot {
    let track: TrackIndex
    var sink: any MediaSink
}
