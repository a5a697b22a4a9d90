// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What the receiver of one stream has told its sender.
package struct FeedbackCounters: Hashable, Sendable, BitwiseCopyable {
    /// Generic NACK packets (RFC 4585 §6.2.1).
    package var nacks: UInt64 = 0
    /// Packets that these asked for, each request counted.
    package var packetsRequested: UInt64 = 0
    /// Picture loss indications (RFC 4585 §6.3.1).
    package var pictureLosses: UInt64 = 0
    /// Full intra requests (RFC 5104 §4.3.1).
    package var fullIntraRequests: UInt64 = 0

    /// Makes counters that stand at zero.
    package init() {}

    /// Counts a NACK.
    ///
    /// - Parameter packets: how many packets it asks for.
    mutating func countNACK(asking packets: UInt64) {
        nacks += 1
        packetsRequested += packets
    }
}

/// Packets with the octets of their payloads.
package struct PacketCount: Hashable, Sendable, BitwiseCopyable {
    /// How many packets.
    package var packets: UInt64 = 0
    /// How many octets.
    package var octets: UInt64 = 0

    /// Makes a count.
    ///
    /// - Parameters:
    ///   - packets: how many packets.
    ///   - octets: how many octets.
    package init(packets: UInt64 = 0, octets: UInt64 = 0) {
        self.packets = packets
        self.octets = octets
    }

    /// Counts a packet.
    mutating func count(octets: Int) {
        packets += 1
        self.octets += UInt64(octets)
    }
}
