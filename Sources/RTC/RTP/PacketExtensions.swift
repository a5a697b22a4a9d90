// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The header extensions of a packet that a forwarder hands on from end to end.
package struct ForwardedExtensions: Sendable, BitwiseCopyable {
    /// Voice activity in the top bit, level in −dBov below (RFC 6464).
    package var audioLevel: UInt8?
    /// Camera, flip and rotation bits (3GPP TS 26.114).
    package var videoOrientation: UInt8?
    /// The least and greatest playout delay, 12 bits each in units of 10 ms.
    package var playoutDelay: UInt32?
    /// The moment of capture, NTP format, as the sender's clock tells it.
    package var absCaptureTimestamp: UInt64?
    /// The estimated offset of the capture clock, where the longer form was sent.
    package var absCaptureClockOffset: Int64?

    /// Makes an empty set.
    package init() {}
}

/// A media id or RTP stream id in place: at most 16 bytes, as they stand in a header extension.
package struct ShortIdentifier: Hashable, Sendable, BitwiseCopyable {
    private var high: UInt64
    private var low: UInt64
    private var length: UInt8

    /// The longest identifier that is told apart, in bytes.
    package static let capacity = 16

    /// Makes an identifier from text; `nil` when it is empty or too long.
    package init?(_ text: String) {
        self.init(text.utf8)
    }

    /// Makes an identifier from bytes; `nil` when there are none or too many.
    package init?(_ bytes: some Sequence<UInt8>) {
        high = 0
        low = 0
        length = 0
        for byte in bytes {
            guard length < Self.capacity else { return nil }
            if length < 8 {
                high |= UInt64(byte) << (56 - 8 * UInt64(length))
            } else {
                low |= UInt64(byte) << (56 - 8 * UInt64(length - 8))
            }
            length += 1
        }
        guard length > 0 else { return nil }
    }

    /// Makes an identifier from the bytes of a header extension; `nil` when there are none or too many.
    package init?(_ packet: RawSpan, _ range: Range<Int>) {
        guard range.count > 0, range.count <= Self.capacity else { return nil }
        high = Self.word(of: packet, range.lowerBound, min(range.count, 8))
        low = range.count > 8 ? Self.word(of: packet, range.lowerBound + 8, range.count - 8) : 0
        length = UInt8(truncatingIfNeeded: range.count)
    }

    /// Up to eight bytes, from the top of a word; mostly as many follow in the packet anyway.
    private static func word(of packet: RawSpan, _ start: Int, _ count: Int) -> UInt64 {
        if start + 8 <= packet.byteCount { return packet.uint64(at: start) & ~0 << (64 - 8 * UInt64(count)) }
        return (0..<count).reduce(0) { $0 | UInt64(packet.byte(at: start + $1)) << (56 - 8 * UInt64($1)) }
    }

    /// Appends its bytes, to what has room for `capacity` of them.
    package func append(to out: inout OutputRawSpan) {
        out.appendUInt64(high)
        if length > 8 { out.appendUInt64(low) }
        out.removeLast(length > 8 ? Self.capacity - count : 8 - count)
    }

    /// How many bytes it has, 1–16.
    package var count: Int { Int(length) }

    /// The byte at a place below `count`.
    package subscript(_ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: index < 8 ? high >> (56 - 8 * UInt64(index)) : low >> (56 - 8 * UInt64(index - 8)))
    }
}

extension ShortIdentifier: CustomStringConvertible {
    package var description: String {
        String(decoding: (0..<count).map { self[$0] }, as: UTF8.self)
    }
}

/// Everything that this project reads from a packet's header extensions.
package struct PacketExtensions: Sendable, BitwiseCopyable {
    /// The media id.
    package var mid: ShortIdentifier?
    /// The RTP stream id.
    package var rtpStreamID: ShortIdentifier?
    /// The RTP stream id that a retransmission repairs.
    package var repairedRTPStreamID: ShortIdentifier?
    /// The number of the packet on its transport.
    package var transportSequenceNumber: UInt16?
    /// The moment of sending, 24 bits with 18 of fraction.
    package var absSendTime: UInt32?
    /// The end-to-end ones.
    package var forwarded = ForwardedExtensions()

    /// Makes an empty set.
    package init() {}
}
