// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The last packets of a transport by their transport-wide numbers, until the receiver has told of them.
package struct SentPackets: Sendable {
    /// One packet.
    package struct Packet: Sendable, BitwiseCopyable {
        /// When it left; 0 where nothing is known of the number.
        var sent = MonotonicTime(nanoseconds: 0)
        var number: UInt16 = 0
        /// Its size in bytes.
        var size: UInt16 = 0
        /// The burst it was part of; 0 for none.
        var burst: UInt16 = 0
        /// The stream that it carries a packet of, by its index.
        var stream: UInt16 = 0
        /// The number of the packet of the stream: that of the first sending, where it is sent again.
        var sequenceNumber: UInt16 = 0
        /// Whether it was told that it has not come.
        var isMissed = false
    }

    /// How many packets are kept.
    static let capacity = 2_048

    private var packets: [Packet] = []

    /// Takes note of a packet.
    mutating func add(_ packet: Packet) {
        if packets.isEmpty { packets = Array(repeating: Packet(), count: Self.capacity) }
        packets[Int(packet.number) & (Self.capacity - 1)] = packet
    }

    /// Takes out a packet that has arrived; `nil` where it is not known, or was told of before.
    mutating func take(_ number: UInt16) -> Packet? {
        guard let place = place(of: number) else { return nil }
        let packet = packets[place]
        packets[place] = Packet()
        return packet
    }

    /// Notes that a packet has not arrived so far; `nil` where that is not new.
    mutating func miss(_ number: UInt16) -> Packet? {
        guard let place = place(of: number), !packets[place].isMissed else { return nil }
        packets[place].isMissed = true
        return packets[place]
    }

    private func place(of number: UInt16) -> Int? {
        guard !packets.isEmpty else { return nil }
        let place = Int(number) & (Self.capacity - 1)
        guard packets[place].number == number, packets[place].sent.nanoseconds > 0 else { return nil }
        return place
    }
}
