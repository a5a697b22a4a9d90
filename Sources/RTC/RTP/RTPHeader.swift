// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The header of an RTP packet as it stands on the wire (RFC 3550 §5.1).
package struct RTPHeader: Hashable, Sendable, BitwiseCopyable {
    /// The payload type, 0–127.
    package var payloadType: UInt8
    /// The marker bit.
    package var marker: Bool
    /// Whether the last byte of the (decrypted) packet counts padding bytes.
    package var hasPadding: Bool
    /// The number of contributing sources, 0–15.
    package var csrcCount: UInt8
    /// The sequence number.
    package var sequenceNumber: UInt16
    /// The timestamp in the codec's clock.
    package var timestamp: UInt32
    /// The synchronisation source.
    package var ssrc: UInt32
    /// Whether a header extension follows the contributing sources.
    package var hasExtension: Bool
    /// The profile of the header extension: `0xBEDE`, or `0x1000…0x100F` (RFC 8285); 0 without one.
    package var extensionProfile: UInt16
    /// The length of the whole header, contributing sources and extension included.
    package var headerLength: Int
    private var extensionBytes: ByteRange

    /// Where the data of the header extension lie in the packet; empty without one.
    package var extensionRange: Range<Int> { extensionBytes.range }

    /// The length of a header without contributing sources and extension.
    package static let minimumLength = 12

    /// Reads a header; what follows it may still be encrypted.
    ///
    /// - Parameter packet: the packet from its first byte.
    /// - Throws: what makes it no RTP packet.
    package init(parsing packet: RawSpan) throws(RTPError) {
        let count = packet.byteCount
        guard count >= Self.minimumLength else { throw .truncated }
        let first = packet.byte(at: 0)
        guard first >> 6 == 2 else { throw .wrongVersion }
        let second = packet.byte(at: 1)
        hasPadding = first & 0x20 != 0
        hasExtension = first & 0x10 != 0
        csrcCount = first & 0x0F
        marker = second & 0x80 != 0
        payloadType = second & 0x7F
        sequenceNumber = packet.uint16(at: 2)
        timestamp = packet.uint32(at: 4)
        ssrc = packet.uint32(at: 8)

        var end = Self.minimumLength + 4 * Int(csrcCount)
        guard end <= count else { throw .truncated }
        if hasExtension {
            guard end + 4 <= count else { throw .truncated }
            extensionProfile = packet.uint16(at: end)
            let start = end + 4
            end = start + 4 * Int(packet.uint16(at: end + 2))
            guard end <= count else { throw .truncated }
            extensionBytes = ByteRange(start..<end)
        } else {
            extensionProfile = 0
            extensionBytes = ByteRange(end..<end)
        }
        headerLength = end
    }

    /// Where the payload lies in a decrypted packet: behind the header, without padding.
    ///
    /// - Parameter packet: the packet that this header was read from, in plain.
    /// - Returns: the range, empty in a packet of nothing but padding.
    /// - Throws: `badPadding` where the count of padding can't be.
    package func payloadRange(of packet: RawSpan) throws(RTPError) -> Range<Int> {
        let count = packet.byteCount
        guard headerLength <= count else { throw .truncated }
        guard hasPadding else { return headerLength..<count }
        guard headerLength < count else { throw .badPadding }
        let padding = Int(packet.byte(at: count - 1))
        guard padding > 0, padding <= count - headerLength else { throw .badPadding }
        return headerLength..<(count - padding)
    }
}
