// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The profiles of H264 that WebRTC tells apart (RFC 6184 §8.1, table 5).
package enum H264Profile: Hashable, Sendable, BitwiseCopyable {
    /// What every decoder takes.
    case constrainedBaseline
    /// Constrained Baseline with slice groups and redundant slices, which no encoder here makes.
    case baseline
    /// Adds CABAC and B-frames.
    case main
    /// High without interlace and B-frames.
    case constrainedHigh
    /// Adds the 8×8 transform.
    case high
    /// High with full colour resolution.
    case predictiveHigh444

    /// The profile that `profile_idc` and `profile-iop` mean together; `nil` for one that is not told apart.
    ///
    /// - Parameters:
    ///   - idc: `profile_idc`.
    ///   - iop: the byte of constraint flags, `constraint_set0` in its top bit.
    package init?(idc: UInt8, iop: UInt8) {
        switch (idc, iop) {
        case (0x42, _) where iop & 0x4f == 0x40, (0x4d, _) where iop & 0x8f == 0x80,
            (0x58, _) where iop & 0xcf == 0xc0:
            self = .constrainedBaseline
        case (0x42, _) where iop & 0x4f == 0x00, (0x58, _) where iop & 0xcf == 0x80:
            self = .baseline
        case (0x4d, _) where iop & 0xaf == 0x00: self = .main
        case (0x64, 0x00): self = .high
        case (0x64, 0x0c): self = .constrainedHigh
        case (0xf4, 0x00): self = .predictiveHigh444
        default: return nil
        }
    }

    /// `profile_idc` and `profile-iop` in the form that is commonly written.
    fileprivate var canonicalBytes: (idc: UInt8, iop: UInt8) {
        switch self {
        case .constrainedBaseline: (0x42, 0xe0)
        case .baseline: (0x42, 0x00)
        case .main: (0x4d, 0x00)
        case .constrainedHigh: (0x64, 0x0c)
        case .high: (0x64, 0x00)
        case .predictiveHigh444: (0xf4, 0x00)
        }
    }
}

/// The value of `profile-level-id`: profile, constraints and level of an H264 stream (RFC 6184 §8.1).
package struct H264ProfileLevel: Hashable, Sendable, BitwiseCopyable {
    /// `profile_idc`, as written.
    package var profileIDC: UInt8
    /// `profile-iop`, the constraint flags as written.
    package var constraints: UInt8
    /// `level_idc`, as written: ten times the level.
    package var levelIDC: UInt8

    /// What a missing `profile-level-id` stands for in WebRTC: Constrained Baseline, level 3.1.
    package static let constrainedBaseline31 = H264ProfileLevel(profileIDC: 0x42, constraints: 0xe0, levelIDC: 0x1f)

    /// Makes a value from its three bytes.
    ///
    /// - Parameters:
    ///   - profileIDC: `profile_idc`.
    ///   - constraints: `profile-iop`.
    ///   - levelIDC: `level_idc`.
    package init(profileIDC: UInt8, constraints: UInt8, levelIDC: UInt8) {
        self.profileIDC = profileIDC
        self.constraints = constraints
        self.levelIDC = levelIDC
    }

    /// Reads six hexadecimal digits; `nil` for anything else.
    ///
    /// - Parameter text: the value of `profile-level-id`, such as `42e01f`.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 6, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let value = UInt32(text, radix: 16)
        else { return nil }
        self.init(
            profileIDC: UInt8(truncatingIfNeeded: value >> 16),
            constraints: UInt8(truncatingIfNeeded: value >> 8),
            levelIDC: UInt8(truncatingIfNeeded: value)
        )
    }

    /// The profile; `nil` for one that WebRTC does not tell apart.
    package var profile: H264Profile? { H264Profile(idc: profileIDC, iop: constraints) }

    /// The value as six lower-case digits.
    package var text: String {
        [profileIDC, constraints, levelIDC].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether two values name the same profile, whatever their levels.
    package func hasSameProfile(as other: H264ProfileLevel) -> Bool {
        switch (profile, other.profile) {
        case (let mine?, let theirs?): mine == theirs
        case (nil, nil): profileIDC == other.profileIDC && constraints == other.constraints
        default: false
        }
    }

    /// Whether the level is lower than the other's; level 1b lies between 1 and 1.1.
    package func isLevelLower(than other: H264ProfileLevel) -> Bool { levelRank < other.levelRank }

    /// The value of `profile-level-id` that an answer to `remote` gives (RFC 6184 §8.2.2).
    ///
    /// - Parameters:
    ///   - remote: what the other end offered, of the same profile.
    ///   - asymmetryAllowed: whether both ends say `level-asymmetry-allowed=1`.
    /// - Returns: the own level where levels may differ, else the lower of both.
    package func answer(to remote: H264ProfileLevel, asymmetryAllowed: Bool) -> H264ProfileLevel {
        let source = asymmetryAllowed || isLevelLower(than: remote) ? self : remote
        guard let bytes = profile?.canonicalBytes else { return source }
        let flag: UInt8 = source.isLevel1b ? 0x10 : 0
        return H264ProfileLevel(profileIDC: bytes.idc, constraints: bytes.iop | flag, levelIDC: source.levelIDC)
    }

    /// Level 1b is level 1.1 with `constraint_set3`, in the profiles that have it.
    private var isLevel1b: Bool {
        levelIDC == 11 && constraints & 0x10 != 0 && [0x42, 0x4d, 0x58].contains(profileIDC)
    }

    private var levelRank: Int { isLevel1b ? 21 : 2 * Int(levelIDC) }
}
