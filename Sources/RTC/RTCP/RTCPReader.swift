// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Walks through the packets of an RTCP compound.
///
/// The reader holds offsets only; the bytes are handed in at each step. The checks are those of RFC 3550 §A.2 without
/// the one that the first packet be a report, since reduced-size packets need not begin with one (RFC 5506 §3.4.1).
package struct RTCPReader: Sendable, BitwiseCopyable {
    private var offset = 0

    /// Makes a reader, if the packets' lengths add up to the datagram.
    ///
    /// - Parameter compound: the whole datagram in plain.
    /// - Throws: what makes it no compound.
    package init(validating compound: RawSpan) throws(RTCPError) {
        let total = compound.byteCount
        guard total >= RTCPHeader.length else { throw .truncated }
        var start = 0
        while start < total {
            guard total - start >= RTCPHeader.length else { throw .wrongLength }
            let first = compound.byte(at: start)
            guard first >> 6 == 2 else { throw .wrongVersion }
            guard (192...223).contains(compound.byte(at: start + 1)) else { throw .wrongType }
            let length = 4 * (Int(compound.uint16(at: start + 2)) + 1)
            guard length <= total - start else { throw .wrongLength }
            if first & 0x20 != 0 {
                let padding = Int(compound.byte(at: start + length - 1))
                guard padding > 0, padding <= length - RTCPHeader.length else { throw .badPadding }
                // libwebrtc pads each report of arrivals up to a whole word and declares that as padding.
                let isReportOfArrivals =
                    compound.byte(at: start + 1) == RTCPPacketType.transportFeedback
                    && first & 0x1F == TransportFeedbackFormat.transportWide && padding < 4
                guard isReportOfArrivals || start + length == total && padding % 4 == 0 else { throw .badPadding }
            }
            start += length
        }
    }

    /// The next packet; `nil` at the end.
    ///
    /// - Parameter compound: the bytes the reader was made for.
    /// - Returns: the packet, which refers to the bytes by offsets.
    package mutating func next(in compound: RawSpan) -> RTCPPacket? {
        guard compound.byteCount - offset >= RTCPHeader.length else { return nil }
        let header = RTCPHeader(reading: compound, at: offset)
        offset += 4 * (Int(compound.uint16(at: offset + 2)) + 1)
        return RTCPPacket(reading: compound, header: header)
    }
}
