// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What a worker has done so far.
package struct MediaWorkerStatistics: Sendable {
    /// What went through its sockets.
    package var datagrams = DatagramStatistics()
    /// What went through its TCP connections.
    package var streams = StreamStatistics()
    /// What went by TURN servers.
    package var relays = RelayStatistics()
    /// Packets handed from a received track, or from a source, to an outgoing stream that took them.
    package var packetsForwarded: UInt64 = 0
    /// Packets of a track that had nowhere to go: nobody takes it, or the transport is not connected or has ended.
    package var packetsUnconnected: UInt64 = 0
    /// Datagrams to the shared port from an address that no session knows.
    package var unknownSources: UInt64 = 0
    /// Connectivity checks for a user name fragment that no session has.
    package var unknownFragments: UInt64 = 0
    /// Datagrams to an address that can't be reached: of another family, or by a TCP connection that is not there.
    package var unreachable: UInt64 = 0
    /// Datagrams dropped by sessions, those that have ended included.
    package var drops: [DropReason: UInt64] = [:]
    /// What became of handshakes.
    package var handshakes = HandshakeStatistics()
    /// Times that the worker woke up.
    package var wakes: UInt64 = 0
    /// Sessions that are open.
    package var sessions = 0
    /// The CPU time of the worker's thread.
    package var cpuTime: Duration = .zero

    /// Makes statistics that stand at zero.
    package init() {}

    /// Adds what a session has dropped.
    mutating func addDrops(_ counters: DropCounters) {
        for reason in DropReason.allCases where counters[reason] > 0 { drops[reason, default: 0] += counters[reason] }
    }
}

/// What became of the handshakes of a worker's sessions.
package struct HandshakeStatistics: Hashable, Sendable {
    /// Those that led to keys.
    package var completed: UInt64 = 0
    /// Those that failed: another certificate, no common profile, an alert.
    package var failed: UInt64 = 0
    /// Those that did not come to their end in time.
    package var unfinished: UInt64 = 0
    /// Datagrams that were dropped because too many of their kind waited.
    package var postponedTooMany: UInt64 = 0

    /// Makes statistics that stand at zero.
    package init() {}
}

/// What a session has done so far, as its worker sees it.
package struct MediaSessionStatistics: Sendable {
    /// The session's own counters.
    package var session: SessionStatistics
    /// The address that datagrams go to.
    package var selectedAddress: TransportAddress?
    /// Whether keys exist, so that media flows.
    package var isConnected: Bool
    /// How long ago valid SRTP or SRTCP came last; `nil` where none ever did.
    package var silence: Duration?
    /// What each incoming stream has done.
    package var incoming: [IncomingStreamStatistics]
    /// What each outgoing stream has done.
    package var outgoing: [OutgoingStreamStatistics]
    /// What is seen in the packets of its incoming video streams.
    package var pictures: [PictureStatistics]
    /// Which layers its outgoing streams are fed with.
    package var layers: [ForwardedLayers]
    /// The round-trip time, where anything is known of it.
    package var roundTripTime: Duration?
    /// The bits per second that may be sent to the peer, where anything tells it.
    package var availableBitrate: UInt64?
    /// What was done about congestion, where that is watched.
    package var congestion: CongestionStatistics?
    /// What was spread out, where bursts are.
    package var pacing: PacingStatistics?
}

/// Which layer of a track an outgoing stream is fed with.
package struct ForwardedLayers: Hashable, Sendable {
    /// The outgoing stream.
    package var stream: SendStreamIndex
    /// The layer that is being sent; `nil` before anything is.
    package var current: EncodingIndex?
    /// The layer that is to be sent from its next key frame on.
    package var target: EncodingIndex
    /// What became of the packets that it was given.
    package var counters: ForwardingCounters
    /// The size of the picture of the layer that is being sent, where its packets tell it.
    package var size: PictureSize?
}
