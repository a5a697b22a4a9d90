// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Blocks of an extended report (RFC 3611) that let a receiver measure round-trip times.
package struct ExtendedReport: Sendable, BitwiseCopyable {
    /// One block.
    package enum Block: Sendable, BitwiseCopyable {
        /// The reporter's wall-clock time (RFC 3611 §4.4).
        case receiverReferenceTime(NTPTime)
        /// Delays since others' reference times (RFC 3611 §4.5).
        case delays(Delays)
        /// A block of another type.
        case other(UInt8)
    }

    /// One sub-block about the time since a receiver's reference time came in (RFC 3611 §4.5).
    package struct Delay: Hashable, Sendable, BitwiseCopyable {
        /// The receiver whose reference time it was.
        package var ssrc: UInt32
        /// The middle 32 bits of that time; 0 where none came in.
        package var lastReceiverReport: UInt32
        /// The time since then in 1/65536 s.
        package var delaySinceLastReceiverReport: UInt32

        /// Makes a sub-block.
        ///
        /// - Parameters:
        ///   - ssrc: the receiver whose reference time it was.
        ///   - lastReceiverReport: the middle 32 bits of that time.
        ///   - delaySinceLastReceiverReport: the time since then in 1/65536 s.
        package init(ssrc: UInt32, lastReceiverReport: UInt32, delaySinceLastReceiverReport: UInt32) {
            self.ssrc = ssrc
            self.lastReceiverReport = lastReceiverReport
            self.delaySinceLastReceiverReport = delaySinceLastReceiverReport
        }
    }

    /// The sub-blocks of a block of delays.
    package struct Delays: Sendable, BitwiseCopyable {
        fileprivate var start: Int
        /// How many sub-blocks there are.
        package let count: Int

        /// The sub-block at a place below `count`.
        ///
        /// - Parameters:
        ///   - index: the place.
        ///   - compound: the bytes that the packet was read from.
        package subscript(_ index: Int, in compound: RawSpan) -> Delay {
            precondition(index >= 0 && index < count, "no such sub-block")
            let offset = start + 12 * index
            return Delay(
                ssrc: compound.uint32(at: offset),
                lastReceiverReport: compound.uint32(at: offset + 4),
                delaySinceLastReceiverReport: compound.uint32(at: offset + 8)
            )
        }
    }

    /// The one who reports.
    package let senderSSRC: UInt32
    private var blockBytes: ByteRange

    private static let receiverReferenceTimeType: UInt8 = 4
    private static let delaysType: UInt8 = 5

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= 4 else { return nil }
        senderSSRC = compound.uint32(at: header.body.lowerBound)
        blockBytes = ByteRange((header.body.lowerBound + 4)..<header.body.upperBound)
    }

    /// Hands out the blocks in order, until they end or one reaches past the end.
    ///
    /// - Parameters:
    ///   - compound: the bytes that the packet was read from.
    ///   - visit: takes a block.
    package func forEachBlock(in compound: RawSpan, _ visit: (Block) -> Void) {
        var offset = blockBytes.range.lowerBound
        let end = blockBytes.range.upperBound
        while end - offset >= 4 {
            let type = compound.byte(at: offset)
            let length = 4 * Int(compound.uint16(at: offset + 2))
            offset += 4
            guard length <= end - offset else { return }
            switch type {
            case Self.receiverReferenceTimeType where length >= 8:
                visit(.receiverReferenceTime(NTPTime(rawValue: compound.uint64(at: offset))))
            case Self.delaysType: visit(.delays(Delays(start: offset, count: length / 12)))
            default: visit(.other(type))
            }
            offset += length
        }
    }

    /// Appends a report with a reference time.
    ///
    /// - Parameters:
    ///   - time: the reporter's wall-clock time.
    ///   - senderSSRC: the one who reports.
    ///   - out: where to append.
    package static func write(
        receiverReferenceTime time: NTPTime,
        senderSSRC: UInt32,
        into out: inout OutputRawSpan
    ) {
        RTCPHeader.write(type: RTCPPacketType.extendedReport, count: 0, bodyLength: 16, into: &out)
        out.appendUInt32(senderSSRC)
        out.appendByte(receiverReferenceTimeType)
        out.appendByte(0)
        out.appendUInt16(2)
        out.appendUInt64(time.rawValue)
    }

    /// Appends a report with delays since others' reference times.
    ///
    /// - Parameters:
    ///   - delays: the sub-blocks.
    ///   - senderSSRC: the one who reports.
    ///   - out: where to append.
    package static func write(delays: Span<Delay>, senderSSRC: UInt32, into out: inout OutputRawSpan) {
        let length = 12 * delays.count
        RTCPHeader.write(type: RTCPPacketType.extendedReport, count: 0, bodyLength: 8 + length, into: &out)
        out.appendUInt32(senderSSRC)
        out.appendByte(delaysType)
        out.appendByte(0)
        out.appendUInt16(UInt16(truncatingIfNeeded: length / 4))
        for index in delays.indices {
            out.appendUInt32(delays[index].ssrc)
            out.appendUInt32(delays[index].lastReceiverReport)
            out.appendUInt32(delays[index].delaySinceLastReceiverReport)
        }
    }
}
