// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What the payload of one packet holds: all of it follows from who sent it as which packet, and when.
///
/// Whoever receives it can tell that every byte is right, whether a packet is missing or out of place, and how long it
/// took. Video looks like H.264 to whoever reads NAL units: parameter sets before each key frame, fragments after that.
package struct PacketContent: Hashable, Sendable {
    /// The number of the publisher.
    package var publisher: UInt16
    /// Which of its streams.
    package var kind: MediaKind
    /// The number of the packet in the stream, from 0.
    package var number: UInt64
    /// The timestamp that the packet was sent with.
    package var timestamp: UInt32
    /// The moment of sending.
    package var sentAt: MonotonicTime

    private static let stampLength = 24
    private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// Describes a packet.
    package init(publisher: UInt16, kind: MediaKind, number: UInt64, timestamp: UInt32, sentAt: MonotonicTime) {
        self.publisher = publisher
        self.kind = kind
        self.number = number
        self.timestamp = timestamp
        self.sentAt = sentAt
    }

    /// Reads who sent a payload, at its end; `nil` where that can't be.
    package init?(stampOf payload: RawSpan) {
        let start = payload.byteCount - Self.stampLength
        guard start >= 0 else { return nil }
        number = payload.uint64(at: start)
        sentAt = MonotonicTime(nanoseconds: payload.uint64(at: start + 8))
        timestamp = payload.uint32(at: start + 16)
        publisher = payload.uint16(at: start + 20)
        switch payload.uint16(at: start + 22) {
        case 1: kind = .audio
        case 2: kind = .video
        default: return nil
        }
    }

    /// Whether the packet ends a picture.
    package var marker: Bool { kind == .video && PacketPlace(number).isLast }

    /// The length of the payload: all packets of a picture are as long as the first, but the last.
    package var length: Int { kind == .audio ? 120 : PacketPlace(number).isLast ? 700 : 1_200 }

    /// Writes the payload.
    ///
    /// - Parameter payload: where to append, with room for `length` bytes.
    package func write(into payload: inout OutputRawSpan) {
        let prefix = self.prefix
        for byte in prefix { payload.appendByte(byte) }
        let count = length - prefix.count - Self.stampLength
        var word = seed
        for _ in 0..<count / 8 {
            payload.appendUInt64(word)
            word &+= Self.step
        }
        for _ in 0..<count % 8 { payload.appendByte(0x55) }
        payload.appendUInt64(number)
        payload.appendUInt64(sentAt.nanoseconds)
        payload.appendUInt32(timestamp)
        payload.appendUInt16(publisher)
        payload.appendUInt16(kind == .audio ? 1 : 2)
    }

    /// Whether a payload is this one, byte for byte.
    package func matches(_ payload: RawSpan) -> Bool {
        guard payload.byteCount == length, PacketContent(stampOf: payload) == self else { return false }
        var offset = 0
        for byte in prefix {
            guard payload.byte(at: offset) == byte else { return false }
            offset += 1
        }
        let end = length - Self.stampLength
        var (word, difference) = (seed, UInt64(0))
        while offset + 8 <= end {
            difference |= payload.uint64(at: offset) ^ word
            word &+= Self.step
            offset += 8
        }
        while offset < end {
            difference |= UInt64(payload.byte(at: offset) ^ 0x55)
            offset += 1
        }
        return difference == 0
    }

    /// Differs for every packet, and with every bit of the stamp.
    private var seed: UInt64 {
        var generator = SplitMix64(
            seed: number &* 0x2545_f491_4f6c_dd1d ^ sentAt.nanoseconds ^ UInt64(timestamp) << 32
                ^ UInt64(publisher) << 2 ^ (kind == .audio ? 1 : 2)
        )
        return generator.next()
    }

    private var prefix: [UInt8] {
        guard kind == .video else { return [] }
        let place = PacketPlace(number)
        if place.isKeyFrame {
            if place.isFirst { return Self.parameterSets }
            if place.beginsSlice { return Self.firstOfKeyFrame }
            return place.isLast ? Self.lastOfKeyFrame : Self.restOfKeyFrame
        }
        if place.beginsSlice { return Self.firstOfPicture }
        return place.isLast ? Self.lastOfPicture : Self.restOfPicture
    }

    /// A STAP-A (RFC 6184 §5.7.1) of a sequence parameter set of Constrained Baseline 3.1, a picture parameter set, and
    /// the begin of supplemental information that fills the rest of 1,200 bytes.
    private static let parameterSets: [UInt8] = [
        24, 0, 25, 0x67, 0x42, 0xe0, 0x1f, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00,
        0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20, 0, 5, 0x68, 0xcb, 0x83, 0xcb, 0x20, 0x04, 0x8b, 0x06,
    ]
    // Fragments (RFC 6184 §5.8) of an IDR picture, an I slice, and of another one, a P slice.
    private static let firstOfKeyFrame: [UInt8] = [0x7c, 0x85, 0x88, 0x80]
    private static let restOfKeyFrame: [UInt8] = [0x7c, 0x05]
    private static let lastOfKeyFrame: [UInt8] = [0x7c, 0x45]
    private static let firstOfPicture: [UInt8] = [0x5c, 0x81, 0xe0]
    private static let restOfPicture: [UInt8] = [0x5c, 0x01]
    private static let lastOfPicture: [UInt8] = [0x5c, 0x41]
}
