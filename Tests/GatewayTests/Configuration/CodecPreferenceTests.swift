// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import Gateway

@Suite("The operator's order of codecs, and the limit of the bit rate")
struct CodecPreferenceTests {
    /// What SkyWay's router lists, in its order, each told apart by its payload type.
    private static let router = ["opus", "VP8", "H264", "H264", "VP9"].enumerated().map { index, name in
        RTPCodec(
            kind: name == "opus" ? .audio : .video,
            name: name,
            payloadType: UInt8(index),
            clockRate: name == "opus" ? 48_000 : 90_000
        )
    }

    @Test(
        "What is named comes first, the rest after it in the router's order",
        arguments: [
            ("h264,vp8,opus", [2, 3, 1, 0, 4]), ("H264", [2, 3, 0, 1, 4]), (" vp9 , h264 ", [4, 2, 3, 0, 1]),
            ("av1, vp9,", [4, 0, 1, 2, 3]), ("vp9,vp9", [4, 0, 1, 2, 3]), ("", [0, 1, 2, 3, 4]),
        ] as [(String, [UInt8])]
    )
    func order(text: String, expected: [UInt8]) throws {
        #expect(try CodecPreference(text).ordered(Self.router).map(\.payloadType) == expected)
        #expect(CodecPreference.none.ordered(Self.router) == Self.router)
    }

    @Test("A name that is no codec is told", arguments: [("h246", "h246"), ("vp8;h264", "vp8;h264")])
    func unknown(text: String, name: String) {
        #expect(throws: UnknownCodec(name: name)) { try CodecPreference(text) }
    }

    @Test(
        "Bit rates are read in bits, thousands and millions",
        arguments: [
            ("2500000", 2_500_000), ("2500k", 2_500_000), ("2500K", 2_500_000), ("8M", 8_000_000), ("8m", 8_000_000),
            ("2.5M", 2_500_000), ("100k", 100_000), ("1000M", 1_000_000_000), ("0.1M", 100_000),
        ] as [(String, UInt64)]
    )
    func bitrates(text: String, bits: UInt64) {
        #expect(Bitrate(text)?.bitsPerSecond == bits)
    }

    @Test(
        "What is no bit rate, or can't be meant, is not taken",
        arguments: [
            "", "k", "M", ".", "8", "99999", "99k", "1001M", "8G", "-8M", "+8M", "8 M", "8Mbps", "1e6", "1e3k", "inf",
            "nan", "0x100000", "1.2.3M", "8,5M", "99999999999999999999999999M",
        ]
    )
    func noBitrates(text: String) {
        #expect(Bitrate(text) == nil)
    }
}
