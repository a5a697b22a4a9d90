// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The beginning of a slice header (ITU-T H.264 §7.3.3).
struct H264SliceHeader: Hashable, BitwiseCopyable {
    /// `first_mb_in_slice`: 0 in the first slice of a picture.
    let firstMacroblock: UInt32
    /// `slice_type`, 0 to 9.
    let type: UInt8
    /// `pic_parameter_set_id`.
    let pictureParameterSet: UInt8

    /// Whether the slice may be predicted from two pictures, so that pictures are shown in another order than sent.
    var isBidirectional: Bool { type == 1 || type == 6 }

    /// Reads the header; `nil` when it is cut off or out of range.
    ///
    /// - Parameters:
    ///   - payload: the payload that the slice begins in.
    ///   - body: where what follows the unit's header lies.
    init?(reading payload: RawSpan, _ body: Range<Int>) {
        let bytes = payload.extracting(first: body.upperBound)
        var reader = BitReader(from: body.lowerBound, preventsStartCodes: true)
        guard let first = reader.unsigned(in: bytes), let type = reader.unsigned(in: bytes), type <= 9,
            let set = reader.unsigned(in: bytes), set <= 255
        else { return nil }
        firstMacroblock = first
        self.type = UInt8(type)
        pictureParameterSet = UInt8(set)
    }
}
