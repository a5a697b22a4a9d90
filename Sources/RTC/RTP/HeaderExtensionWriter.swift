// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Appends the header extension of an RTP packet, element by element (RFC 8285).
struct HeaderExtensionWriter {
    private let map: HeaderExtensionMap
    private let usesTwoByteForm: Bool

    /// The most bytes that a header extension of ours takes: every element in the two-byte form, and its head.
    static let maximumLength = 4 + 9 * 2 + 3 * ShortIdentifier.capacity + 3 + 2 + 1 + 1 + 3 + 16 + 2

    /// Makes a writer; the two-byte form is taken when an id does not fit the one-byte form.
    init(map: HeaderExtensionMap) {
        self.map = map
        usesTwoByteForm = HeaderExtension.allCases.contains { (map[$0] ?? 0) > 14 }
    }

    /// Appends all that is known and has an id.
    ///
    /// - Parameters:
    ///   - own: the identifiers of the stream.
    ///   - hop: what belongs to this hop.
    ///   - forwarded: what goes from end to end.
    ///   - out: where to append; stands behind the contributing sources.
    /// - Returns: whether there is a header extension at all.
    func write(
        _ own: StreamIdentifiers,
        hop: HopExtensions,
        forwarded: ForwardedExtensions,
        into out: inout OutputRawSpan
    ) -> Bool {
        let start = out.byteCount
        out.appendUInt16(usesTwoByteForm ? HeaderExtensionForm.twoByteProfile : HeaderExtensionForm.oneByteProfile)
        out.appendUInt16(0)
        write(.mid, own.mid, into: &out)
        write(.rtpStreamID, own.rtpStreamID, into: &out)
        write(.repairedRTPStreamID, own.repairedRTPStreamID, into: &out)
        write(hop, into: &out)
        write(forwarded, into: &out)

        let length = out.byteCount - start - 4
        guard length > 0 else {
            out.removeLast(4)
            return false
        }
        let padding = -length & 3
        for _ in 0..<padding { out.appendByte(0) }
        var bytes = out.mutableBytes
        bytes.setUInt16(UInt16((length + padding) / 4), at: start + 2)
        return true
    }

    private func write(_ kind: HeaderExtension, _ value: ShortIdentifier?, into out: inout OutputRawSpan) {
        guard let value, begin(kind, length: value.count, into: &out) else { return }
        value.append(to: &out)
    }

    private func write(_ hop: HopExtensions, into out: inout OutputRawSpan) {
        if let value = hop.absSendTime, begin(.absSendTime, length: 3, into: &out) {
            out.appendUInt24(value)
        }
        if let value = hop.transportSequenceNumber, begin(.transportSequenceNumber, length: 2, into: &out) {
            out.appendUInt16(value)
        }
    }

    private func write(_ forwarded: ForwardedExtensions, into out: inout OutputRawSpan) {
        if let value = forwarded.audioLevel, begin(.audioLevel, length: 1, into: &out) {
            out.appendByte(value)
        }
        if let value = forwarded.videoOrientation, begin(.videoOrientation, length: 1, into: &out) {
            out.appendByte(value)
        }
        if let value = forwarded.playoutDelay, begin(.playoutDelay, length: 3, into: &out) {
            out.appendUInt24(value)
        }
        if let value = forwarded.absCaptureTimestamp {
            let offset = forwarded.absCaptureClockOffset
            guard begin(.absCaptureTime, length: offset == nil ? 8 : 16, into: &out) else { return }
            out.appendUInt64(value)
            if let offset { out.appendUInt64(UInt64(bitPattern: offset)) }
        }
    }

    /// Appends the head of an element; `false`, and nothing, where the extension has no id.
    private func begin(_ kind: HeaderExtension, length: Int, into out: inout OutputRawSpan) -> Bool {
        guard let id = map[kind] else { return false }
        if usesTwoByteForm {
            out.appendByte(id)
            out.appendByte(UInt8(length))
        } else {
            out.appendByte(id << 4 | UInt8(length - 1))
        }
        return true
    }
}

/// What a stream is called in its packets.
struct StreamIdentifiers: Hashable, Sendable, BitwiseCopyable {
    /// The media id.
    var mid: ShortIdentifier?
    /// The RTP stream id.
    var rtpStreamID: ShortIdentifier?
    /// The RTP stream id that it repairs.
    var repairedRTPStreamID: ShortIdentifier?
}
