// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// A packet that was recorded, in plain: everything but its bytes.
package struct CapturedPacket: Sendable, BitwiseCopyable {
    /// What it is.
    package enum Content: UInt8, Sendable, BitwiseCopyable {
        /// RTP.
        case rtp
        /// A compound of RTCP.
        case rtcp
    }

    /// The leg that it was on.
    package var leg: Int
    /// Whether we sent it.
    package var isOutgoing: Bool
    /// What it is.
    package var content: Content
    /// Where it came from.
    package var source: TransportAddress
    /// Where it went.
    package var destination: TransportAddress
    /// When it was taken or sent.
    package var moment: MonotonicTime
    var start = 0
    var length = 0

    /// Where its bytes lie in the chunk.
    package var bytes: Range<Int> { start..<start + length }
}

/// Some packets that were recorded one after another.
package struct CaptureChunk: Sendable {
    /// The packets in the order in which they were recorded.
    package internal(set) var packets: [CapturedPacket] = []
    /// Their bytes.
    package internal(set) var bytes: [UInt8] = []

    /// Makes an empty chunk.
    init() {
        packets.reserveCapacity(PacketTap.chunkPackets)
        bytes.reserveCapacity(PacketTap.chunkBytes + PacketTap.longestPacket)
    }
}

/// How much is recorded at most.
package struct CaptureLimits: Hashable, Sendable {
    /// The most packets.
    package var packets: Int
    /// The most bytes of packets.
    package var bytes: Int

    /// Makes limits.
    ///
    /// - Parameters:
    ///   - packets: the most packets.
    ///   - bytes: the most bytes of packets.
    package init(packets: Int, bytes: Int) {
        self.packets = packets
        self.bytes = bytes
    }
}
