// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension AV1Payload {
    /// The size in the sequence header that a coded video sequence begins with (AV1 bitstream specification §5.5.1).
    ///
    /// - Parameter payload: the payload with which a coded video sequence begins.
    /// - Returns: `nil` where it does not, or the header is not in it.
    package static func pictureSize(of payload: RawSpan) -> PictureSize? {
        guard startsCodedVideoSequence(payload) else { return nil }
        // How many OBU elements there are; the last of a number that is told has no length (RTP payload format §4.4).
        let count = Int(payload.byte(at: 0) >> 4 & 3)
        var (offset, index) = (1, 1)
        while offset < payload.byteCount {
            var length = payload.byteCount - offset
            if count == 0 || index < count {
                guard let element = leb128(payload, at: &offset), element <= payload.byteCount - offset else {
                    return nil
                }
                length = element
            }
            if length > 0, let start = sequenceHeader(payload, in: offset..<offset + length) {
                return size(payload.extracting(start..<offset + length))
            }
            offset += length
            index += 1
        }
        return nil
    }

    /// Where the payload of an OBU begins that is a sequence header.
    private static func sequenceHeader(_ payload: RawSpan, in element: Range<Int>) -> Int? {
        let header = payload.byte(at: element.lowerBound)
        guard header >> 3 & 0x0F == 1 else { return nil }
        var offset = element.lowerBound + (header & 0x04 != 0 ? 2 : 1)
        if header & 0x02 != 0, leb128(payload, at: &offset) == nil { return nil }
        return offset < element.upperBound ? offset : nil
    }

    private static func leb128(_ payload: RawSpan, at offset: inout Int) -> Int? {
        var value = 0
        for index in 0..<4 {
            guard offset < payload.byteCount else { return nil }
            let byte = payload.byte(at: offset)
            offset += 1
            value |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    private static func size(_ header: RawSpan) -> PictureSize? {
        var reader = BitReader(from: 0, preventsStartCodes: false)
        // seq_profile, still_picture, reduced_still_picture_header
        guard reader.bits(4, in: header) != nil, let isReduced = reader.bit(in: header) else { return nil }
        if isReduced {
            guard reader.bits(5, in: header) != nil else { return nil }
        } else {
            guard skipOperatingPoints(&reader, header) else { return nil }
        }
        guard let widthBits = reader.bits(4, in: header), let heightBits = reader.bits(4, in: header),
            let width = reader.bits(Int(widthBits) + 1, in: header),
            let height = reader.bits(Int(heightBits) + 1, in: header)
        else { return nil }
        return PictureSize(shownAs: Int(width) + 1, Int(height) + 1)
    }

    /// Skips what a sequence header says of times and operating points.
    private static func skipOperatingPoints(_ reader: inout BitReader, _ header: RawSpan) -> Bool {
        guard let hasTiming = reader.bit(in: header) else { return false }
        /// The bits of a delay, where decoders are modelled.
        var delayBits: Int?
        if hasTiming {
            guard reader.bits(32, in: header) != nil, reader.bits(32, in: header) != nil,
                let isEven = reader.bit(in: header)
            else { return false }
            if isEven, reader.unsigned(in: header) == nil { return false }
            guard let hasModel = reader.bit(in: header) else { return false }
            if hasModel {
                guard let bits = reader.bits(5, in: header), reader.bits(32, in: header) != nil,
                    reader.bits(10, in: header) != nil
                else { return false }
                delayBits = Int(bits) + 1
            }
        }
        guard let hasInitialDelay = reader.bit(in: header), let points = reader.bits(5, in: header) else {
            return false
        }
        for _ in 0...points {
            guard reader.bits(12, in: header) != nil, let level = reader.bits(5, in: header) else { return false }
            if level > 7, reader.bit(in: header) == nil { return false }
            if let delayBits {
                guard let isModelled = reader.bit(in: header) else { return false }
                if isModelled, !skip(2 * delayBits + 1, &reader, header) { return false }
            }
            if hasInitialDelay {
                guard let isTold = reader.bit(in: header) else { return false }
                if isTold, reader.bits(4, in: header) == nil { return false }
            }
        }
        return true
    }

    private static func skip(_ count: Int, _ reader: inout BitReader, _ header: RawSpan) -> Bool {
        (0..<count).allSatisfy { _ in reader.bit(in: header) != nil }
    }
}
