// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Packets that a receiver misses (RFC 4585 §6.2.1).
package struct GenericNACK: Sendable, BitwiseCopyable {
    /// A packet, and which of the sixteen behind it are missing too: a sequence of their sequence numbers.
    package struct Entry: Hashable, Sendable, BitwiseCopyable, Sequence {
        /// The first missing packet.
        package var packetID: UInt16
        /// Bit `i` stands for packet `packetID + i + 1`.
        package var following: UInt16

        /// Makes an entry.
        ///
        /// - Parameters:
        ///   - packetID: the first missing packet.
        ///   - following: which of the sixteen behind it are missing too.
        package init(packetID: UInt16, following: UInt16 = 0) {
            self.packetID = packetID
            self.following = following
        }

        /// Makes an iterator over the missing sequence numbers.
        package func makeIterator() -> Iterator { Iterator(packetID: packetID, rest: UInt32(following) << 1 | 1) }

        /// Walks through the missing sequence numbers in order.
        package struct Iterator: IteratorProtocol, Sendable, BitwiseCopyable {
            fileprivate let packetID: UInt16
            fileprivate var rest: UInt32

            /// The next missing sequence number.
            package mutating func next() -> UInt16? {
                guard rest != 0 else { return nil }
                let place = rest.trailingZeroBitCount
                rest &= rest - 1
                return packetID &+ UInt16(truncatingIfNeeded: place)
            }
        }
    }

    /// The one who misses them.
    package let senderSSRC: UInt32
    /// The stream they belong to.
    package let mediaSSRC: UInt32
    /// How many entries there are.
    package let count: Int
    private var start: Int

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= 8 else { return nil }
        senderSSRC = compound.uint32(at: header.body.lowerBound)
        mediaSSRC = compound.uint32(at: header.body.lowerBound + 4)
        start = header.body.lowerBound + 8
        count = (header.body.count - 8) / 4
    }

    /// The entry at a place below `count`.
    ///
    /// - Parameters:
    ///   - index: the place.
    ///   - compound: the bytes that the packet was read from.
    package subscript(_ index: Int, in compound: RawSpan) -> Entry {
        precondition(index >= 0 && index < count, "no such entry")
        let offset = start + 4 * index
        return Entry(packetID: compound.uint16(at: offset), following: compound.uint16(at: offset + 2))
    }

    /// How many bytes a packet with this many entries takes.
    package static func length(entries: Int) -> Int { RTCPHeader.length + 8 + 4 * entries }

    /// Appends a packet.
    ///
    /// - Parameters:
    ///   - entries: the missing packets.
    ///   - senderSSRC: the one who misses them.
    ///   - mediaSSRC: the stream they belong to.
    ///   - out: where to append.
    package static func write(
        _ entries: Span<Entry>,
        senderSSRC: UInt32,
        mediaSSRC: UInt32,
        into out: inout OutputRawSpan
    ) {
        RTCPHeader.write(
            type: RTCPPacketType.transportFeedback,
            count: TransportFeedbackFormat.nack,
            bodyLength: 8 + 4 * entries.count,
            into: &out
        )
        out.appendUInt32(senderSSRC)
        out.appendUInt32(mediaSSRC)
        for index in entries.indices {
            out.appendUInt16(entries[index].packetID)
            out.appendUInt16(entries[index].following)
        }
    }
}
