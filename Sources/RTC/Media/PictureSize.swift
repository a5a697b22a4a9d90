// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The size of a picture in pixels, as a stream itself tells it.
package struct PictureSize: Hashable, Sendable, BitwiseCopyable {
    /// The width in pixels.
    package var width: Int
    /// The height in pixels.
    package var height: Int

    /// Makes a size.
    ///
    /// - Parameters:
    ///   - width: the width in pixels.
    ///   - height: the height in pixels.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// How many pixels there are.
    package var area: Int { width * height }
}

extension PictureSize: CustomStringConvertible {
    package var description: String { "\(width)x\(height)" }
}

extension PayloadFormat {
    /// The size of the picture that a key frame begins with, as far as the first payload tells it.
    ///
    /// - Parameter payload: the payload with which a key frame begins.
    /// - Returns: `nil` where it does not tell; always for H264, whose parameter sets come apart from the picture.
    package func pictureSize(of payload: RawSpan) -> PictureSize? {
        switch self {
        case .vp8: VP8Payload.pictureSize(of: payload)
        case .vp9: VP9Payload.pictureSize(of: payload)
        case .av1: AV1Payload.pictureSize(of: payload)
        case .h264, .other: nil
        }
    }
}

extension VP8Payload {
    /// The size in the header of a key frame (RFC 7741 §4.3, RFC 6386 §9.1).
    ///
    /// - Parameter payload: the payload with which a key frame begins.
    /// - Returns: `nil` where it does not.
    package static func pictureSize(of payload: RawSpan) -> PictureSize? {
        guard startsKeyFrame(payload), let frame = descriptorLength(payload), frame + 10 <= payload.byteCount,
            payload.uint24(at: frame + 3) == 0x9D_012A
        else { return nil }
        // Little-endian; the upper two bits say how to scale what is shown.
        func side(_ offset: Int) -> Int { Int(payload.uint16(at: frame + offset).byteSwapped & 0x3FFF) }
        return PictureSize(shownAs: side(6), side(8))
    }
}

extension VP9Payload {
    /// The size of a key frame: of its highest spatial layer where the descriptor lists them, else as the frame's own
    /// header says (RFC 9628 §4.2.1; VP9 bitstream specification §6.2).
    ///
    /// - Parameter payload: the payload with which a key frame begins.
    /// - Returns: `nil` where it does not, or does not tell.
    package static func pictureSize(of payload: RawSpan) -> PictureSize? {
        guard startsKeyFrame(payload), var offset = structureOffset(payload) else { return nil }
        let hasStructure = payload.byte(at: 0) & 0x02 != 0
        if hasStructure {
            let (size, end) = structure(payload, at: offset)
            if let size { return size }
            guard let end else { return nil }
            offset = end
        }
        return frameSize(payload, from: offset)
    }

    /// The size of the highest layer in a scalability structure, and where the structure ends.
    private static func structure(_ payload: RawSpan, at start: Int) -> (size: PictureSize?, end: Int?) {
        guard start < payload.byteCount else { return (nil, nil) }
        let head = payload.byte(at: start)
        var offset = start + 1
        if head & 0x10 != 0 {
            let last = offset + 4 * Int(head >> 5)
            guard last + 4 <= payload.byteCount else { return (nil, nil) }
            let size = PictureSize(shownAs: Int(payload.uint16(at: last)), Int(payload.uint16(at: last + 2)))
            return (size, nil)
        }
        guard head & 0x08 != 0 else { return (nil, offset) }
        guard offset < payload.byteCount else { return (nil, nil) }
        var pictures = payload.byte(at: offset)
        offset += 1
        while pictures > 0, offset < payload.byteCount {
            offset += 1 + Int(payload.byte(at: offset) >> 2 & 3)
            pictures -= 1
        }
        return (nil, pictures == 0 ? offset : nil)
    }

    private static func frameSize(_ payload: RawSpan, from offset: Int) -> PictureSize? {
        var reader = BitReader(from: offset, preventsStartCodes: false)
        guard reader.bits(2, in: payload) == 2, let low = reader.bits(1, in: payload),
            let high = reader.bits(1, in: payload)
        else { return nil }
        let profile = high << 1 | low
        if profile == 3, reader.bits(1, in: payload) != 0 { return nil }
        // No frame that is shown again, a key frame, shown or not, resilient or not, and the sync code.
        guard reader.bits(2, in: payload) == 0, reader.bits(2, in: payload) != nil,
            reader.bits(24, in: payload) == 0x49_8342
        else { return nil }
        if profile >= 2, reader.bits(1, in: payload) == nil { return nil }
        guard let colors = reader.bits(3, in: payload) else { return nil }
        let isRGB = colors == 7
        // The range of other colours; what follows is there only in the profiles with other subsampling.
        let more = (isRGB ? 0 : 1) + (profile & 1 == 0 ? 0 : isRGB ? 1 : 3)
        guard reader.bits(more, in: payload) != nil, let width = reader.bits(16, in: payload),
            let height = reader.bits(16, in: payload)
        else { return nil }
        return PictureSize(shownAs: Int(width) + 1, Int(height) + 1)
    }
}

extension PictureSize {
    /// A size as it was read; `nil` where there is nothing to show.
    init?(shownAs width: Int, _ height: Int) {
        guard width > 0, height > 0 else { return nil }
        self.init(width: width, height: height)
    }
}
