// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a session has done so far.
package struct SessionStatistics: Sendable, BitwiseCopyable {
    /// RTP packets that were taken.
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
    /// Datagrams dropped, by reason.
    package var drops = DropCounters()

    /// Makes statistics that stand at zero.
    package init() {}
}
