// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a receiver says of one source (RFC 3550 §6.4.1).
package struct ReportBlock: Hashable, Sendable, BitwiseCopyable {
    /// The source that the block is about.
    package var ssrc: UInt32
    /// The share of packets lost since the last report, in 1/256.
    package var fractionLost: UInt8
    /// Packets lost since the beginning, 24 bits with sign.
    package var cumulativeLost: Int32
    /// The highest sequence number received, with its cycles above the lower 16 bits.
    package var highestSequenceNumber: UInt32
    /// The interarrival jitter in ticks of the codec's clock.
    package var jitter: UInt32
    /// The middle 32 bits of the last sender report's NTP time; 0 without one.
    package var lastSenderReport: UInt32
    /// The time since that report in 1/65536 s; 0 without one.
    package var delaySinceLastSenderReport: UInt32

    /// The length of a block in bytes.
    package static let length = 24

    /// Makes a block.
    package init(
        ssrc: UInt32,
        fractionLost: UInt8 = 0,
        cumulativeLost: Int32 = 0,
        highestSequenceNumber: UInt32 = 0,
        jitter: UInt32 = 0,
        lastSenderReport: UInt32 = 0,
        delaySinceLastSenderReport: UInt32 = 0
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequenceNumber = highestSequenceNumber
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }

    /// Reads a block that was found to be whole.
    init(reading compound: RawSpan, at offset: Int) {
        ssrc = compound.uint32(at: offset)
        fractionLost = compound.byte(at: offset + 4)
        cumulativeLost = Int32(bitPattern: compound.uint24(at: offset + 5) << 8) >> 8
        highestSequenceNumber = compound.uint32(at: offset + 8)
        jitter = compound.uint32(at: offset + 12)
        lastSenderReport = compound.uint32(at: offset + 16)
        delaySinceLastSenderReport = compound.uint32(at: offset + 20)
    }

    func write(into out: inout OutputRawSpan) {
        out.appendUInt32(ssrc)
        out.appendByte(fractionLost)
        out.appendUInt24(UInt32(bitPattern: max(-0x80_0000, min(cumulativeLost, 0x7F_FFFF))) & 0xFF_FFFF)
        out.appendUInt32(highestSequenceNumber)
        out.appendUInt32(jitter)
        out.appendUInt32(lastSenderReport)
        out.appendUInt32(delaySinceLastSenderReport)
    }
}

/// The report blocks of a sender or receiver report, read from the compound one by one.
package struct ReportBlocks: Sendable, BitwiseCopyable {
    private var start: Int
    /// How many blocks there are, at most 31.
    package let count: Int

    /// Finds the blocks behind the fixed part of a report; `nil` when they would reach past its end.
    init?(_ header: RTCPHeader, behind fixedLength: Int) {
        start = header.body.lowerBound + fixedLength
        count = Int(header.count)
        guard count * ReportBlock.length <= header.body.upperBound - start else { return nil }
    }

    /// The block at a place below `count`.
    ///
    /// - Parameters:
    ///   - index: the place.
    ///   - compound: the bytes that the report was read from.
    package subscript(_ index: Int, in compound: RawSpan) -> ReportBlock {
        precondition(index >= 0 && index < count, "no such report block")
        return ReportBlock(reading: compound, at: start + index * ReportBlock.length)
    }
}
