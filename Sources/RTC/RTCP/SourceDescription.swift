// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The names of sources (RFC 3550 §6.5); only canonical names are read.
package struct SourceDescription: Sendable, BitwiseCopyable {
    private var body: ByteRange
    private var chunkCount: UInt8

    /// The item type of a canonical name.
    private static let canonicalName: UInt8 = 1
    /// The longest name that an item can hold.
    package static let maximumNameLength = 255

    init?(_ header: RTCPHeader) {
        guard header.body.count >= 4 * Int(header.count) else { return nil }
        body = ByteRange(header.body)
        chunkCount = header.count
    }

    /// Hands out each source that has a canonical name, until the chunks end or one can't be read.
    ///
    /// - Parameters:
    ///   - compound: the bytes that the packet was read from.
    ///   - visit: takes the source and where its name lies in the bytes.
    package func forEachCanonicalName(in compound: RawSpan, _ visit: (UInt32, Range<Int>) -> Void) {
        let end = body.range.upperBound
        var offset = body.range.lowerBound
        for _ in 0..<chunkCount {
            guard end - offset >= 4 else { return }
            let ssrc = compound.uint32(at: offset)
            offset += 4
            while offset < end {
                let type = compound.byte(at: offset)
                if type == 0 { break }
                guard end - offset >= 2 else { return }
                let length = Int(compound.byte(at: offset + 1))
                offset += 2
                guard length <= end - offset else { return }
                if type == Self.canonicalName { visit(ssrc, offset..<(offset + length)) }
                offset += length
            }
            // The items end with a null byte, and the chunk with the next 32-bit word.
            offset = body.range.lowerBound + (offset - body.range.lowerBound) / 4 * 4 + 4
        }
    }

    /// How many bytes a description with this name takes.
    package static func length(canonicalName name: Span<UInt8>) -> Int {
        RTCPHeader.length + bodyLength(name.count)
    }

    /// The source, the item's two bytes, the name, at least one null byte; in whole words.
    private static func bodyLength(_ nameLength: Int) -> Int { (4 + 2 + nameLength + 1 + 3) / 4 * 4 }

    /// Appends a description with one canonical name.
    ///
    /// - Parameters:
    ///   - ssrc: the source.
    ///   - name: its name in UTF-8, at most 255 bytes.
    ///   - out: where to append.
    package static func write(ssrc: UInt32, canonicalName name: Span<UInt8>, into out: inout OutputRawSpan) {
        precondition(name.count <= maximumNameLength, "a canonical name has at most 255 bytes")
        let bodyLength = bodyLength(name.count)
        RTCPHeader.write(type: RTCPPacketType.sourceDescription, count: 1, bodyLength: bodyLength, into: &out)
        out.appendUInt32(ssrc)
        out.appendByte(canonicalName)
        out.appendByte(UInt8(name.count))
        for index in name.indices { out.appendByte(name[index]) }
        for _ in 0..<(bodyLength - 6 - name.count) { out.appendByte(0) }
    }
}
