// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The four bytes that every RTCP packet begins with (RFC 3550 §6.4.1), read.
package struct RTCPHeader: Sendable, BitwiseCopyable {
    /// The packet type.
    package var type: UInt8
    /// The count of blocks or sources, or the format of feedback: the five bits beside the version.
    package var count: UInt8
    private var bodyBytes: ByteRange

    /// The length of a header in bytes.
    package static let length = 4

    /// Where the body lies in the datagram: behind the header, without padding.
    var body: Range<Int> { bodyBytes.range }

    /// Reads a header whose packet was found to be whole.
    init(reading compound: RawSpan, at offset: Int) {
        let first = compound.byte(at: offset)
        count = first & 0x1F
        type = compound.byte(at: offset + 1)
        let end = offset + 4 * (Int(compound.uint16(at: offset + 2)) + 1)
        let padding = first & 0x20 == 0 ? 0 : Int(compound.byte(at: end - 1))
        bodyBytes = ByteRange((offset + Self.length)..<(end - padding))
    }

    /// Appends a header.
    ///
    /// - Parameters:
    ///   - type: the packet type.
    ///   - count: the five bits beside the version.
    ///   - bodyLength: the length of what will follow, a multiple of 4.
    ///   - out: where to append.
    static func write(type: UInt8, count: UInt8, bodyLength: Int, into out: inout OutputRawSpan) {
        out.appendByte(0x80 | count & 0x1F)
        out.appendByte(type)
        out.appendUInt16(UInt16(truncatingIfNeeded: bodyLength / 4))
    }

    /// Whether a datagram of the range that RTP and RTCP share is RTCP (RFC 5761 §4).
    package static func isRTCP(_ datagram: RawSpan) -> Bool {
        datagram.byteCount >= 2 && (192...223).contains(datagram.byte(at: 1))
    }
}
