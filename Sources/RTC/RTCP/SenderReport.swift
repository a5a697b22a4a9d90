// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a sender says of its own stream (RFC 3550 §6.4.1).
package struct SenderReport: Hashable, Sendable, BitwiseCopyable {
    /// The source that reports.
    package var ssrc: UInt32
    /// The wall-clock time of the report.
    package var ntp: NTPTime
    /// The same moment on the stream's RTP clock.
    package var rtpTimestamp: UInt32
    /// Packets sent since the beginning.
    package var packetCount: UInt32
    /// Payload octets sent since the beginning.
    package var octetCount: UInt32

    /// The length of the fixed part behind the header.
    static let bodyLength = 24

    /// Makes a report.
    package init(ssrc: UInt32, ntp: NTPTime, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.rtpTimestamp = rtpTimestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
    }

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= Self.bodyLength else { return nil }
        let start = header.body.lowerBound
        ssrc = compound.uint32(at: start)
        ntp = NTPTime(rawValue: compound.uint64(at: start + 4))
        rtpTimestamp = compound.uint32(at: start + 12)
        packetCount = compound.uint32(at: start + 16)
        octetCount = compound.uint32(at: start + 20)
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
            type: RTCPPacketType.senderReport,
            count: UInt8(blocks.count),
            bodyLength: Self.bodyLength + blocks.count * ReportBlock.length,
            into: &out
        )
        out.appendUInt32(ssrc)
        out.appendUInt64(ntp.rawValue)
        out.appendUInt32(rtpTimestamp)
        out.appendUInt32(packetCount)
        out.appendUInt32(octetCount)
        for index in blocks.indices { blocks[index].write(into: &out) }
    }
}
