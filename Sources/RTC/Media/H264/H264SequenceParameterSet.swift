// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A sequence parameter set, as far as it tells of the pictures (ITU-T H.264 §7.3.2.1.1).
package struct H264SequenceParameterSet: Hashable, Sendable, BitwiseCopyable {
    /// Profile, constraint flags and level, as written.
    package let profileLevel: H264ProfileLevel
    /// `seq_parameter_set_id`, 0 to 31.
    package let id: UInt8
    /// The width of the shown picture in pixels.
    package let width: Int
    /// The height of the shown picture in pixels.
    package let height: Int

    /// The most macroblocks of a side that are taken for a picture: those of the highest level (table A-1).
    private static let longestSide: UInt32 = 1_055
    /// The profiles whose sets tell of colour formats and scaling.
    private static let highProfiles: Set<UInt8> = [44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]

    /// Reads a set; `nil` when it is cut off or out of range.
    ///
    /// - Parameter unit: the NAL unit with its header.
    package init?(parsing unit: RawSpan) {
        guard let head = Head(reading: unit) else { return nil }
        var reader = head.reader
        guard let chroma = Self.chroma(head.profileLevel.profileIDC, &reader, unit),
            Self.skipPictureOrder(&reader, unit),
            reader.unsigned(in: unit) != nil,  // max_num_ref_frames
            reader.bit(in: unit) != nil,  // gaps_in_frame_num_value_allowed_flag
            let columns = reader.unsigned(in: unit), columns < Self.longestSide,
            let rows = reader.unsigned(in: unit), rows < Self.longestSide,
            let isProgressive = reader.bit(in: unit)
        else { return nil }
        if !isProgressive, reader.bit(in: unit) == nil { return nil }  // mb_adaptive_frame_field_flag
        guard reader.bit(in: unit) != nil,  // direct_8x8_inference_flag
            let crop = Cropping(&reader, unit)
        else { return nil }
        // Field pairs share a row of macroblocks; cropping counts in units of chroma (§7.4.2.1.1).
        let fields = isProgressive ? 1 : 2
        width = 16 * (Int(columns) + 1) - chroma.unitX * crop.horizontal
        height = 16 * fields * (Int(rows) + 1) - chroma.unitY * fields * crop.vertical
        profileLevel = head.profileLevel
        id = head.id
        guard width > 0, height > 0 else { return nil }
    }
}

extension H264SequenceParameterSet {
    /// What every set begins with.
    struct Head {
        let profileLevel: H264ProfileLevel
        let id: UInt8
        /// Stands behind what was read.
        let reader: BitReader

        init?(reading unit: RawSpan) {
            guard unit.byteCount >= 5, unit.byte(at: 0) & 0x1F == H264UnitType.sequenceParameterSet else { return nil }
            profileLevel = H264ProfileLevel(
                profileIDC: unit.byte(at: 1),
                constraints: unit.byte(at: 2),
                levelIDC: unit.byte(at: 3)
            )
            var reader = BitReader(from: 4, preventsStartCodes: true)
            guard let id = reader.unsigned(in: unit), id <= 31 else { return nil }
            self.id = UInt8(id)
            self.reader = reader
        }
    }

    /// How many samples of luma one unit of cropping stands for.
    private struct Chroma {
        var unitX = 2
        var unitY = 2
    }

    /// The samples that are not shown, in units of cropping.
    private struct Cropping {
        var horizontal = 0
        var vertical = 0

        init?(_ reader: inout BitReader, _ unit: RawSpan) {
            guard let isCropped = reader.bit(in: unit) else { return nil }
            guard isCropped else { return }
            guard let left = reader.unsigned(in: unit), let right = reader.unsigned(in: unit),
                let top = reader.unsigned(in: unit), let bottom = reader.unsigned(in: unit)
            else { return nil }
            horizontal = Int(left) + Int(right)
            vertical = Int(top) + Int(bottom)
        }
    }

    private static func chroma(_ profile: UInt8, _ reader: inout BitReader, _ unit: RawSpan) -> Chroma? {
        guard highProfiles.contains(profile) else { return Chroma() }
        guard let format = reader.unsigned(in: unit), format <= 3 else { return nil }
        var planesAreSeparate = false
        if format == 3 {
            guard let flag = reader.bit(in: unit) else { return nil }
            planesAreSeparate = flag
        }
        guard reader.unsigned(in: unit) != nil, reader.unsigned(in: unit) != nil,  // bit depths
            reader.bit(in: unit) != nil,  // qpprime_y_zero_transform_bypass_flag
            let hasScaling = reader.bit(in: unit)
        else { return nil }
        if hasScaling, !skipScaling(lists: format == 3 ? 12 : 8, &reader, unit) { return nil }
        return switch planesAreSeparate ? 0 : format {
        case 1: Chroma()
        case 2: Chroma(unitX: 2, unitY: 1)
        default: Chroma(unitX: 1, unitY: 1)
        }
    }

    private static func skipScaling(lists: Int, _ reader: inout BitReader, _ unit: RawSpan) -> Bool {
        for list in 0..<lists {
            guard let isPresent = reader.bit(in: unit) else { return false }
            guard isPresent else { continue }
            // §7.3.2.1.1.1: a step to 0 ends the list.
            var last: Int64 = 8
            for _ in 0..<(list < 6 ? 16 : 64) {
                guard let delta = reader.signed(in: unit), (-128...127).contains(delta) else { return false }
                last = (last + delta + 256) % 256
                if last == 0 { break }
            }
        }
        return true
    }

    private static func skipPictureOrder(_ reader: inout BitReader, _ unit: RawSpan) -> Bool {
        guard reader.unsigned(in: unit) != nil,  // log2_max_frame_num_minus4
            let type = reader.unsigned(in: unit)
        else { return false }
        switch type {
        case 0: return reader.unsigned(in: unit) != nil
        case 1:
            guard reader.bit(in: unit) != nil, reader.signed(in: unit) != nil, reader.signed(in: unit) != nil,
                let cycle = reader.unsigned(in: unit), cycle <= 255
            else { return false }
            for _ in 0..<cycle {
                guard reader.signed(in: unit) != nil else { return false }
            }
            return true
        case 2: return true
        default: return false
        }
    }
}
