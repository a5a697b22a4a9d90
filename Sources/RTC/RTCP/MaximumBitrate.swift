// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The receiver's estimate of what the path carries: REMB (draft-alvestrand-rmcat-remb-03 §2.2).
package struct MaximumBitrate: Sendable, BitwiseCopyable {
    /// The one who estimates.
    package let senderSSRC: UInt32
    /// Bits per second.
    package let bitrate: UInt64
    /// How many streams the estimate is for.
    package let count: Int
    private var start: Int

    /// `REMB` in ASCII.
    private static let identifier: UInt32 = 0x5245_4D42
    /// The mantissa's 18 bits.
    private static let largestMantissa: UInt64 = 0x3_FFFF

    /// Whether application-layer feedback is of this kind.
    static func isMaximumBitrate(_ compound: RawSpan, _ header: RTCPHeader) -> Bool {
        header.body.count >= 12 && compound.uint32(at: header.body.lowerBound + 8) == identifier
    }

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= 16 else { return nil }
        let offset = header.body.lowerBound
        senderSSRC = compound.uint32(at: offset)
        count = Int(compound.byte(at: offset + 12))
        guard header.body.count >= 16 + 4 * count else { return nil }
        let rate = compound.uint24(at: offset + 13)
        let mantissa = UInt64(rate) & Self.largestMantissa
        let exponent = rate >> 18
        bitrate = mantissa.leadingZeroBitCount >= exponent ? mantissa << exponent : .max
        start = offset + 16
    }

    /// The stream at a place below `count`.
    ///
    /// - Parameters:
    ///   - index: the place.
    ///   - compound: the bytes that the packet was read from.
    package subscript(_ index: Int, in compound: RawSpan) -> UInt32 {
        precondition(index >= 0 && index < count, "no such stream")
        return compound.uint32(at: start + 4 * index)
    }

    /// Appends an estimate, rounded down to what the mantissa of 18 bits can say.
    ///
    /// - Parameters:
    ///   - bitrate: bits per second.
    ///   - streams: the streams it is for, at most 255.
    ///   - senderSSRC: the one who estimates.
    ///   - out: where to append.
    package static func write(
        _ bitrate: UInt64,
        streams: Span<UInt32>,
        senderSSRC: UInt32,
        into out: inout OutputRawSpan
    ) {
        precondition(streams.count <= 255, "an estimate names at most 255 streams")
        RTCPHeader.write(
            type: RTCPPacketType.payloadFeedback,
            count: PayloadFeedbackFormat.applicationLayer,
            bodyLength: 16 + 4 * streams.count,
            into: &out
        )
        let exponent = max(0, 46 - bitrate.leadingZeroBitCount)
        out.appendUInt32(senderSSRC)
        out.appendUInt32(0)  // unused in this format
        out.appendUInt32(identifier)
        out.appendByte(UInt8(streams.count))
        out.appendUInt24(UInt32(exponent) << 18 | UInt32(truncatingIfNeeded: bitrate >> UInt64(exponent)))
        for index in streams.indices { out.appendUInt32(streams[index]) }
    }
}
