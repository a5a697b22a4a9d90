// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The kinds of NAL units and payloads that matter here (ITU-T H.264 table 7-1, RFC 6184 §5.2).
enum H264UnitType {
    /// A slice of a picture that is no IDR picture.
    static let slice: UInt8 = 1
    /// A slice of an IDR picture.
    static let refreshSlice: UInt8 = 5
    static let sequenceParameterSet: UInt8 = 7
    static let pictureParameterSet: UInt8 = 8
    /// Several units in one payload.
    static let aggregate: UInt8 = 24
    /// A part of one unit.
    static let fragment: UInt8 = 28
}

/// A NAL unit, or a part of one, in a payload.
struct H264Unit: BitwiseCopyable {
    /// `nal_unit_type`.
    let type: UInt8
    /// Whether the payload has the whole unit; its header then stands right before its body.
    let isWhole: Bool
    /// Whether the unit begins in the payload.
    let begins: Bool
    private let bytes: ByteRange

    init(type: UInt8, body: Range<Int>, begins: Bool, isWhole: Bool) {
        self.type = type
        self.begins = begins
        self.isWhole = isWhole
        bytes = ByteRange(body)
    }

    /// Where what follows the unit's header lies in the payload.
    var body: Range<Int> { bytes.range }

    /// Where the unit lies with its header; `nil` for a part of one.
    var whole: Range<Int>? { isWhole ? body.lowerBound - 1..<body.upperBound : nil }
}

/// Walks through the NAL units of a payload: single units, STAP-A and FU-A (RFC 6184 §5.6 to §5.8).
///
/// The reader holds offsets only; the payload is handed in at each step. What is malformed ends the walk.
struct H264UnitReader: BitwiseCopyable {
    private var offset = 0

    /// The next unit; `nil` at the end.
    ///
    /// - Parameter payload: the payload, the same at each step.
    /// - Returns: the unit, which refers to the payload by offsets.
    mutating func next(in payload: RawSpan) -> H264Unit? {
        let end = payload.byteCount
        guard offset < end else { return nil }
        guard offset == 0 else { return nextAggregated(in: payload) }
        let type = payload.byte(at: 0) & 0x1F
        switch type {
        case H264UnitType.aggregate:
            offset = 1
            return nextAggregated(in: payload)
        case H264UnitType.fragment:
            offset = end
            guard end >= 2 else { return nil }
            let head = payload.byte(at: 1)
            return H264Unit(type: head & 0x1F, body: 2..<end, begins: head & 0x80 != 0, isWhole: false)
        case 1...23:
            offset = end
            return H264Unit(type: type, body: 1..<end, begins: true, isWhole: true)
        default:
            return nil
        }
    }

    /// RFC 6184 §5.7.1: 16 bits of size, then the unit.
    private mutating func nextAggregated(in payload: RawSpan) -> H264Unit? {
        let end = payload.byteCount
        guard end - offset >= 3 else { return nil }
        let start = offset + 2
        let size = Int(payload.uint16(at: offset))
        guard size > 0, size <= end - start else {
            offset = end
            return nil
        }
        offset = start + size
        return H264Unit(
            type: payload.byte(at: start) & 0x1F,
            body: start + 1..<offset,
            begins: true,
            isWhole: true
        )
    }
}
