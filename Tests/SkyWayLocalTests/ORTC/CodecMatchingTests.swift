// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §7.3.
@Suite struct CodecMatchingTests {
    private func h264(_ profile: String?, mode: Int64?) -> CodecIdentity {
        var parameters: CodecParameters = [:]
        if let profile { parameters["profile-level-id"] = .string(profile) }
        if let mode { parameters["packetization-mode"] = .integer(mode) }
        return CodecIdentity(mimeType: "video/H264", clockRate: 90000, channels: nil, parameters: parameters)
    }

    @Test(
        "H264 agrees in profile and mode, whatever the level",
        arguments: [
            ("42e01f", 1, "42e034", 1, true), ("42e01f", 1, "42e01f", 0, false), ("42e01f", 1, "42001f", 1, false),
            ("42e01f", 1, "42c01e", 1, true), ("42e01f", 1, "4d801f", 1, true), ("4d001f", 1, "4d0028", 1, true),
            ("4d001f", 1, "42e01f", 1, false), ("640c1f", 1, "64001f", 1, false), (nil, 1, "42e01f", 1, true),
            ("42e01f", nil, "42e01f", 0, true), ("42e01f", 1, "zzz", 1, false), ("zzz", 1, "zzz", 1, false),
        ] as [(String?, Int64?, String?, Int64?, Bool)]
    )
    func h264Profiles(left: String?, leftMode: Int64?, right: String?, rightMode: Int64?, same: Bool) {
        #expect(ORTC.matches(h264(left, mode: leftMode), h264(right, mode: rightMode)) == same)
    }

    @Test("A mode written as a string counts as its number")
    func stringParameters() {
        var codec = h264("42e01f", mode: nil)
        codec.parameters["packetization-mode"] = "1"
        #expect(ORTC.matches(codec, h264("42e01f", mode: 1)))
    }

    @Test("VP9 agrees in profile, a missing one being 0", arguments: [(nil, 0, true), (2, 2, true), (nil, 2, false)])
    func vp9(left: Int64?, right: Int64, same: Bool) {
        var codec = CodecIdentity(mimeType: "video/VP9", clockRate: 90000, channels: nil, parameters: [:])
        var other = codec
        if let left { codec.parameters["profile-id"] = .integer(left) }
        other.parameters["profile-id"] = .integer(right)
        #expect(ORTC.matches(codec, other) == same)
    }

    @Test("Names compare without regard to case, clock rate and channels exactly")
    func basics() {
        let opus = CodecIdentity(mimeType: "audio/opus", clockRate: 48000, channels: 2, parameters: [:])
        var other = opus
        other.mimeType = "audio/OPUS"
        #expect(ORTC.matches(opus, other))
        other.channels = nil
        #expect(!ORTC.matches(opus, other))
        other.channels = 2
        other.clockRate = 16000
        #expect(!ORTC.matches(opus, other))
    }
}
