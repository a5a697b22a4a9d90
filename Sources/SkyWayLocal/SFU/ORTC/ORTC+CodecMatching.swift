// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What tells one codec from another, from whichever list it comes.
struct CodecIdentity: Hashable, Sendable {
    var mimeType: String
    var clockRate: UInt32
    var channels: UInt8?
    var parameters: CodecParameters
}

extension RTPCodecCapability {
    /// What tells this codec from another.
    var identity: CodecIdentity {
        CodecIdentity(mimeType: mimeType, clockRate: clockRate, channels: channels, parameters: parameters)
    }

    /// Whether it is a retransmission format (RFC 4588).
    var isRTX: Bool { mimeType.lowercased().hasSuffix("/rtx") }
}

extension RTPCodecParameters {
    /// What tells this codec from another.
    var identity: CodecIdentity {
        CodecIdentity(mimeType: mimeType, clockRate: clockRate, channels: channels, parameters: parameters)
    }
}

extension ORTC {
    /// Whether two codecs are the same one (protocol page §7.3 (1)).
    ///
    /// Beside name, clock rate and channels, H264 must agree in packetization mode and profile (not level), VP9 in
    /// profile.
    static func matches(_ left: CodecIdentity, _ right: CodecIdentity) -> Bool {
        let name = left.mimeType.lowercased()
        guard name == right.mimeType.lowercased(), left.clockRate == right.clockRate else { return false }
        guard !name.hasPrefix("audio/") || (left.channels ?? 1) == (right.channels ?? 1) else { return false }
        switch name {
        case "video/h264":
            guard left.number("packetization-mode") == right.number("packetization-mode"),
                let profile = left.h264Profile
            else { return false }
            return profile == right.h264Profile
        case "video/vp9":
            return left.number("profile-id") == right.number("profile-id")
        default:
            return true
        }
    }
}

extension CodecIdentity {
    /// A numeric parameter, 0 where it is missing.
    fileprivate func number(_ name: String) -> Int64 { parameters[name]?.integer ?? 0 }

    /// The profile that `profile-level-id` names; a missing one means Constrained Baseline (protocol page §7.3).
    fileprivate var h264Profile: H264Profile? {
        guard let profileLevelID = parameters["profile-level-id"] else { return .constrainedBaseline }
        return H264ProfileLevel(profileLevelID.text)?.profile
    }
}
