// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Matching of codecs")
struct CodecMatchingTests {
    private static func video(_ name: String, _ type: UInt8 = 96, _ parameters: [String: String] = [:]) -> RTPCodec {
        RTPCodec(
            kind: .video,
            name: name,
            payloadType: type,
            clockRate: 90_000,
            parameters: parameters.sorted { $0.key < $1.key }.map { FormatParameter($0.key, $0.value) }
        )
    }

    private static func h264(_ profile: String?, mode: Int?, _ type: UInt8 = 96) -> RTPCodec {
        var parameters: [String: String] = [:]
        parameters["profile-level-id"] = profile
        parameters["packetization-mode"] = mode.map { String($0) }
        return video("H264", type, parameters)
    }

    @Test(
        "compares what makes two streams different, and nothing else",
        arguments: [
            (video("VP8"), video("vp8", 100), true), (video("VP8"), video("VP9"), false),
            (video("VP9"), video("VP9", 98, ["profile-id": "0"]), true),
            (video("VP9", 98, ["profile-id": "2"]), video("VP9"), false),
            (video("AV1", 45, ["profile": "0", "level-idx": "5"]), video("AV1X"), false),
            (video("AV1", 45, ["profile": "0", "level-idx": "5"]), video("AV1"), true),
            (video("AV1", 45, ["profile": "1"]), video("AV1"), false),
            (h264("42e01f", mode: 1), h264("42c034", mode: 1), true),
            (h264("42e01f", mode: 1), h264("42001f", mode: 1), false),
            (h264("42e01f", mode: 0), h264("42e01f", mode: nil), true),
            (h264(nil, mode: 1), h264("42e01f", mode: 1), true),
            (h264("42e01f", mode: 1), h264("42e01f", mode: 0), false),
        ]
    )
    func matching(one: RTPCodec, other: RTPCodec, matches: Bool) {
        #expect(one.matches(other) == matches)
        #expect(other.matches(one) == matches)
    }

    @Test("tells audio apart by clock and channels")
    func audio() {
        let opus = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2)
        let gstreamer = RTPCodec(kind: .audio, name: "OPUS", payloadType: 97, clockRate: 48_000, channels: 2)
        let mono = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 1)
        #expect(opus.matches(gstreamer))
        #expect(!opus.matches(mono))
    }

    private static let listedProfiles = [
        h264("42001f", mode: 0, 101), h264("4d001f", mode: 1, 102), h264("42e01f", mode: 1, 103), video("VP8", 104),
    ]

    @Test(
        "declares H264 in mode 1 as the same profile, else Constrained Baseline, else the first in mode 1",
        arguments: [
            (h264("4d401f", mode: 1), listedProfiles, 102), (h264("64001f", mode: 1), listedProfiles, 103),
            (h264("64001f", mode: 1), Array(listedProfiles.prefix(2)), 102),
            (h264("42a01f", mode: 0), listedProfiles, 101),
            (h264("64001f", mode: 0), listedProfiles, nil),
            (h264("64001f", mode: 1), Array(listedProfiles.suffix(1)), nil),
            (video("VP8"), listedProfiles, 104), (video("H265"), listedProfiles, nil),
        ] as [(RTPCodec, [RTPCodec], UInt8?)]
    )
    func nearest(codec: RTPCodec, listed: [RTPCodec], type: UInt8?) {
        #expect(codec.nearest(in: listed)?.payloadType == type)
    }

    private static let offered = [
        h264("42001f", mode: 0, 39), h264("64001f", mode: 1, 40), h264("42e01f", mode: 1, 41), video("VP8", 42),
    ]

    @Test(
        "takes the first listed codec that is offered, of H264 mode 1 in Constrained Baseline, else in any profile",
        arguments: [
            ([video("VP8"), h264("42e01f", mode: 1)], offered, 42),
            ([h264("42e01f", mode: 1), video("VP8")], offered, 41),
            ([h264("4d001f", mode: 1), video("VP8")], offered, 40),
            ([h264("4d001f", mode: 1), h264("64001f", mode: 1), video("VP8")], offered, 40),
            ([h264("64001f", mode: 1), h264("42e01f", mode: 1)], offered, 41),
            ([h264("42001f", mode: 0), h264("64001f", mode: 1), video("VP8")], offered, 40),
            ([h264("42001f", mode: 0)], offered, 39), ([h264("42e01f", mode: 0)], offered, nil),
            ([h264("42e01f", mode: 1)], Array(offered.prefix(1)), nil), ([video("AV1")], offered, nil),
            ([], offered, nil),
        ] as [([RTPCodec], [RTPCodec], UInt8?)]
    )
    func choice(listed: [RTPCodec], offered: [RTPCodec], type: UInt8?) {
        #expect(RTPCodec.choose(from: offered, listed: listed)?.payloadType == type)
    }
}
