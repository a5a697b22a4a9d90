// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a forwarder makes of a packet: the packet itself, and the parameter sets that go before it.
package struct ForwardedPacket: Sendable, BitwiseCopyable {
    /// What goes into the header of the packet.
    package var packet: OutgoingRTP
    /// How many packets of parameter sets are to be sent first.
    package var insertedCount: Int { Int(count) }
    private var count: UInt16 = 0
    private var first: UInt16 = 0

    /// Describes a packet with the room before it.
    init(_ packet: OutgoingRTP, room: InsertedRoom) {
        self.packet = packet
        count = room.count
        first = room.first
    }

    /// What goes into the header of a packet of parameter sets.
    ///
    /// - Parameter index: which one, below `insertedCount`.
    /// - Returns: the header of a packet of the same picture.
    package func inserted(_ index: Int) -> OutgoingRTP {
        OutgoingRTP(
            payloadType: packet.payloadType,
            marker: false,
            sequenceNumber: first &+ UInt16(truncatingIfNeeded: index),
            timestamp: packet.timestamp,
            capturedAt: packet.capturedAt
        )
    }
}

/// The outgoing numbers that are kept free for packets of our own.
struct InsertedRoom: BitwiseCopyable {
    /// The first number.
    var first: UInt16 = 0
    /// How many.
    var count: UInt16 = 0
}
