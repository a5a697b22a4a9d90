// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which packets of a transport arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
///
/// The fixed part is read; status chunks and deltas stay where they are, in `details`.
package struct TransportFeedback: Sendable, BitwiseCopyable {
    /// The one who reports.
    package let senderSSRC: UInt32
    /// A stream of the transport.
    package let mediaSSRC: UInt32
    /// The first packet that the report covers.
    package let baseSequenceNumber: UInt16
    /// How many packets it covers.
    package let packetCount: UInt16
    /// The reference of the arrival times, 24 bits with sign, in units of 64 ms.
    package let referenceTime: Int32
    /// The number of the report.
    package let feedbackCount: UInt8
    private var detailBytes: ByteRange

    /// Where the status chunks and arrival deltas lie in the compound.
    package var details: Range<Int> { detailBytes.range }

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= 16 else { return nil }
        let offset = header.body.lowerBound
        senderSSRC = compound.uint32(at: offset)
        mediaSSRC = compound.uint32(at: offset + 4)
        baseSequenceNumber = compound.uint16(at: offset + 8)
        packetCount = compound.uint16(at: offset + 10)
        referenceTime = Int32(bitPattern: compound.uint24(at: offset + 12) << 8) >> 8
        feedbackCount = compound.byte(at: offset + 15)
        detailBytes = ByteRange((offset + 16)..<header.body.upperBound)
    }
}
