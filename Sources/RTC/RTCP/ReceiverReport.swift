// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a receiver that sends nothing itself says (RFC 3550 §6.4.2): its report blocks.
package struct ReceiverReport: Hashable, Sendable, BitwiseCopyable {
    /// The one who reports.
    package var ssrc: UInt32

    /// The length of the fixed part behind the header.
    static let bodyLength = 4

    /// Makes a report.
    ///
    /// - Parameter ssrc: the one who reports.
    package init(ssrc: UInt32) {
        self.ssrc = ssrc
    }

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= Self.bodyLength else { return nil }
        ssrc = compound.uint32(at: header.body.lowerBound)
    }

    /// How many bytes a report with this many blocks takes.
    package static func length(blocks: Int) -> Int {
        RTCPHeader.length + bodyLength + blocks * ReportBlock.length
    }

    /// Appends the report.
    ///
    /// - Parameters:
    ///   - blocks: what it says of the sources it receives, at most 31.
    ///   - out: where to append.
    package func write(blocks: Span<ReportBlock> = Span(), into out: inout OutputRawSpan) {
        precondition(blocks.count <= 31, "a report has at most 31 blocks")
        RTCPHeader.write(
            type: RTCPPacketType.receiverReport,
            count: UInt8(blocks.count),
            bodyLength: Self.bodyLength + blocks.count * ReportBlock.length,
            into: &out
        )
        out.appendUInt32(ssrc)
        for index in blocks.indices { blocks[index].write(into: &out) }
    }
}
