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

    /// What goes wrong on purpose on the way of its datagrams.
    var impaired: ImpairedPath?

    /// Whether its owner is told what is unusual about its incoming streams.
    var observesStreams = false
    /// What is known of the stream of each layer of each track, by `Route.place`.
    var inspectors: [StreamInspector?] = []
    /// Where the packets of each layer of each track go, by `Route.place`.
    var routes: [[Route]] = []
    /// What comes to its outgoing streams.
    var feeds: [Feed] = []
    /// What makes packets for its outgoing streams.
    var sources: [SourceSlot] = []
    /// What else takes the packets of its tracks.
    var sinks: [SinkSlot] = []

    init(
        id: PeerID,
        session: consuming Session,
        socket: DatagramSocket?,
        events: AsyncStream<SessionEvent>.Continuation
    ) {
        self.id = id
        self.session = session
        self.socket = socket
        self.events = events
    }

    /// What it has done so far.
    var statistics: MediaSessionStatistics {
        MediaSessionStatistics(
            session: session.statistics,
            selectedAddress: session.selectedAddress,
            isConnected: session.isConnected,
            incoming: session.incomingStreams,
            outgoing: session.outgoingStreams,
            layers: feeds.map { ForwardedLayers(stream: $0.stream, current: $0.encoding, target: $0.encoding) },
            roundTripTime: session.receiveRoundTrip ?? session.outgoingStreams.lazy.compactMap(\.roundTripTime).first,
            availableBitrate: session.estimatedMaximumBitrate
        )
    }

    /// The earliest moment at which the session or one of its sources wants to be called.
    var deadline: MonotonicTime? {
        var earliest = sessionDeadline
        if let due = impaired?.deadline { earliest = earliest.map { min($0, due) } ?? due }
        guard session.isConnected else { return earliest }
        for index in sources.indices {
            guard let due = sources[index].source.deadline else { continue }
            earliest = earliest.map { min($0, due) } ?? due
        }
        return earliest
    }
}

/// Where the packets of one layer go, and how they are changed on the way.
struct Route {
    /// Names the forwarding.
    let id: ForwardingID
    let destination: PeerID
    let stream: SendStreamIndex
    var forwarder: TrackForwarder
    /// When the source is asked for a key frame again while the forwarder waits for one.
    var nextWish: MonotonicTime?

    /// The place of a layer's routes in its peer's table.
    static func place(of track: TrackIndex, _ encoding: EncodingIndex) -> Int {
        track.rawValue << 4 | Int(encoding.rawValue & 15)
    }

    /// The layer that has a place in that table.
    static func layer(at place: Int) -> (track: TrackIndex, encoding: EncodingIndex) {
        (TrackIndex(place >> 4), EncodingIndex(UInt8(place & 15)))
    }
}

/// Where the packets of an outgoing stream come from.
struct Feed {
    let id: ForwardingID
    let source: PeerID
    let track: TrackIndex
    let encoding: EncodingIndex
    let stream: SendStreamIndex
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

/// Names a forwarding within its worker.
package struct ForwardingID: Hashable, Sendable, BitwiseCopyable {
    let rawValue: UInt64
}
