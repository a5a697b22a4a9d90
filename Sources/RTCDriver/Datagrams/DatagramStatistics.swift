// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What went through a worker's sockets.
package struct DatagramStatistics: Sendable, BitwiseCopyable {
    /// Datagrams received, each of a coalesced one counted.
    package var packetsReceived: UInt64 = 0
    /// Their bytes, without headers of UDP and IP.
    package var bytesReceived: UInt64 = 0
    /// Calls that received something.
    package var receiveCalls: UInt64 = 0
    /// Datagrams longer than a slot, dropped.
    package var truncated: UInt64 = 0
    /// Datagrams sent, each of a run counted.
    package var packetsSent: UInt64 = 0
    /// Their bytes.
    package var bytesSent: UInt64 = 0
    /// Calls that sent something.
    package var sendCalls: UInt64 = 0
    /// Sends that carried several datagrams of equal size (UDP_SEGMENT).
    package var segmentedSends: UInt64 = 0
    /// Datagrams that left in such sends.
    package var segments: UInt64 = 0
    /// Sockets on which the system refused such a send, so that they send one by one from then on.
    package var segmentationFailures: UInt64 = 0
    /// Datagrams dropped because the system's buffer was full.
    package var droppedBufferFull: UInt64 = 0
    /// Datagrams dropped because the system refused them for another reason.
    package var droppedSendError: UInt64 = 0
    /// Times that a peer's port turned out to be closed (ECONNREFUSED); passes by itself.
    package var refused: UInt64 = 0

    /// Makes counters that stand at zero.
    package init() {}
}
