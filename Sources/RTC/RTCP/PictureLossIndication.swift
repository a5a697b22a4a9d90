// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A receiver can't go on without a key frame (RFC 4585 §6.3.1).
package struct PictureLossIndication: Hashable, Sendable, BitwiseCopyable {
    /// The one who asks.
    package var senderSSRC: UInt32
    /// The stream that is asked for.
    package var mediaSSRC: UInt32

    /// The length of the whole packet.
    package static let length = 12

    /// Makes an indication.
    ///
    /// - Parameters:
    ///   - senderSSRC: the one who asks.
    ///   - mediaSSRC: the stream that is asked for.
    package init(senderSSRC: UInt32, mediaSSRC: UInt32) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
    }

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= 8 else { return nil }
        senderSSRC = compound.uint32(at: header.body.lowerBound)
        mediaSSRC = compound.uint32(at: header.body.lowerBound + 4)
    }

    /// Appends the packet.
    ///
    /// - Parameter out: where to append.
    package func write(into out: inout OutputRawSpan) {
        RTCPHeader.write(
            type: RTCPPacketType.payloadFeedback,
            count: PayloadFeedbackFormat.pictureLossIndication,
            bodyLength: 8,
            into: &out
        )
        out.appendUInt32(senderSSRC)
        out.appendUInt32(mediaSSRC)
    }
}
