// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Sources that leave (RFC 3550 §6.6).
package struct Goodbye: Sendable, BitwiseCopyable {
    private var start: Int
    /// How many sources leave, at most 31.
    package let count: Int

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        start = header.body.lowerBound
        count = Int(header.count)
        guard header.body.count >= 4 * count else { return nil }
    }

    /// The source at a place below `count`.
    ///
    /// - Parameters:
    ///   - index: the place.
    ///   - compound: the bytes that the packet was read from.
    package subscript(_ index: Int, in compound: RawSpan) -> UInt32 {
        precondition(index >= 0 && index < count, "no such source")
        return compound.uint32(at: start + 4 * index)
    }

    /// Appends a goodbye of some sources.
    ///
    /// - Parameters:
    ///   - sources: those that leave, at most 31.
    ///   - out: where to append.
    package static func write(_ sources: Span<UInt32>, into out: inout OutputRawSpan) {
        precondition(sources.count <= 31, "a goodbye names at most 31 sources")
        RTCPHeader.write(
            type: RTCPPacketType.goodbye,
            count: UInt8(sources.count),
            bodyLength: 4 * sources.count,
            into: &out
        )
        for index in sources.indices { out.appendUInt32(sources[index]) }
    }
}
