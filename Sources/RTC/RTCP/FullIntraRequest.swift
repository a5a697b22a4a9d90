// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Commands to send key frames (RFC 5104 §4.3.1).
package struct FullIntraRequest: Sendable, BitwiseCopyable {
    /// One command.
    package struct Entry: Hashable, Sendable, BitwiseCopyable {
        /// The stream that is asked for.
        package var ssrc: UInt32
        /// Goes up by one with each new command, so that a repeated one is known.
        package var sequenceNumber: UInt8

        /// Makes a command.
        ///
        /// - Parameters:
        ///   - ssrc: the stream that is asked for.
        ///   - sequenceNumber: the number of the command.
        package init(ssrc: UInt32, sequenceNumber: UInt8) {
            self.ssrc = ssrc
            self.sequenceNumber = sequenceNumber
        }
    }

    /// The one who asks.
    package let senderSSRC: UInt32
    /// How many commands there are.
    package let count: Int
    private var start: Int

    /// The length of a packet with one command.
    package static let length = 20

    init?(reading compound: RawSpan, _ header: RTCPHeader) {
        guard header.body.count >= 8 else { return nil }
        senderSSRC = compound.uint32(at: header.body.lowerBound)
        start = header.body.lowerBound + 8
        count = (header.body.count - 8) / 8
    }

    /// The command at a place below `count`.
    ///
    /// - Parameters:
    ///   - index: the place.
    ///   - compound: the bytes that the packet was read from.
    package subscript(_ index: Int, in compound: RawSpan) -> Entry {
        precondition(index >= 0 && index < count, "no such command")
        let offset = start + 8 * index
        return Entry(ssrc: compound.uint32(at: offset), sequenceNumber: compound.byte(at: offset + 4))
    }

    /// Appends a packet with one command.
    ///
    /// - Parameters:
    ///   - entry: the command.
    ///   - senderSSRC: the one who asks.
    ///   - out: where to append.
    package static func write(_ entry: Entry, senderSSRC: UInt32, into out: inout OutputRawSpan) {
        RTCPHeader.write(
            type: RTCPPacketType.payloadFeedback,
            count: PayloadFeedbackFormat.fullIntraRequest,
            bodyLength: 16,
            into: &out
        )
        out.appendUInt32(senderSSRC)
        out.appendUInt32(0)  // unused in this format
        out.appendUInt32(entry.ssrc)
        out.appendByte(entry.sequenceNumber)
        out.appendUInt24(0)
    }
}
