// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a session has done so far.
package struct SessionStatistics: Sendable, BitwiseCopyable {
    /// RTP packets that were taken, retransmissions included.
    package var packetsReceived: UInt64 = 0
    /// Bytes of those packets as they arrived.
    package var bytesReceived: UInt64 = 0
    /// RTP packets handed over for sending.
    package var packetsSent: UInt64 = 0
    /// Bytes of those packets as they left.
    package var bytesSent: UInt64 = 0
    /// RTP packets that could not be sent because the session was not connected.
    package var packetsUnsent: UInt64 = 0
    /// Requests for a key frame that were sent to the peer.
    package var keyFrameRequestsSent: UInt64 = 0
    /// Requests for a key frame that came from the peer.
    package var keyFrameRequestsReceived: UInt64 = 0
    /// Sender reports that came from the peer.
    package var senderReportsReceived: UInt64 = 0
    /// Receiver reports that came from the peer about streams of ours.
    package var receiverReportsReceived: UInt64 = 0
    /// Packets that were asked for again, each request counted.
    package var packetsRequested: UInt64 = 0
    /// Packets that came after they had been asked for.
    package var packetsRecovered: UInt64 = 0
    /// Packets that came in a stream of retransmissions, whether missing or not.
    package var retransmissionsReceived: UInt64 = 0
    /// Packets in a stream of retransmissions that nobody waited for, or that were nothing but padding.
    package var probesReceived: UInt64 = 0
    /// Packets that the peer asked for again, each request counted.
    package var packetsRequestedByPeer: UInt64 = 0
    /// Packets that were sent again.
    package var retransmissionsSent: UInt64 = 0
    /// Packets that were sent again in bursts, to see what the path carries.
    package var burstPacketsSent: UInt64 = 0
    /// Reports about all packets of the transport that were sent.
    package var transportReportsSent: UInt64 = 0
    /// Reports about all packets of the transport that came from the peer.
    package var transportReportsReceived: UInt64 = 0
    /// Estimates of the bit rate that were sent.
    package var estimatesSent: UInt64 = 0
    /// Estimates of the bit rate that came from the peer.
    package var estimatesReceived: UInt64 = 0
    /// Datagrams dropped, by reason.
    package var drops = DropCounters()

    /// Makes statistics that stand at zero.
    package init() {}
}
