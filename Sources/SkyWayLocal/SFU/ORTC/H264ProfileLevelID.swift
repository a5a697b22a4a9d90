// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The profile named by H264's `profile-level-id` (RFC 6184 §8.1), as far as codecs are told apart by it.
enum H264Profile: Hashable, Sendable {
    case constrainedBaseline
    case baseline
    case main
    case constrainedHigh
    case high

    /// The profile of a missing `profile-level-id` is Constrained Baseline (protocol page §7.3).
    static func named(by profileLevelID: CodecParameter?) -> H264Profile? {
        guard let profileLevelID else { return .constrainedBaseline }
        return H264Profile(profileLevelID: profileLevelID.text)
    }

    /// Reads the six hexadecimal digits: profile_idc, constraint flags, level_idc.
    init?(profileLevelID text: String) {
        guard text.utf8.count == 6, let value = UInt32(text, radix: 16), !text.hasPrefix("+") else { return nil }
        let constraints = UInt8(truncatingIfNeeded: value >> 8)
        switch UInt8(truncatingIfNeeded: value >> 16) {
        case 0x42 where constraints & 0x4f == 0x40: self = .constrainedBaseline
        case 0x42 where constraints & 0x4f == 0x00: self = .baseline
        case 0x4d where constraints & 0x8f == 0x80: self = .constrainedBaseline
        case 0x4d where constraints & 0xaf == 0x00: self = .main
        case 0x58 where constraints & 0xcf == 0xc0: self = .constrainedBaseline
        case 0x58 where constraints & 0xcf == 0x80: self = .baseline
        case 0x64 where constraints == 0x00: self = .high
        case 0x64 where constraints == 0x0c: self = .constrainedHigh
        default: return nil
        }
    }
}
