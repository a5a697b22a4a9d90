// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Key frames")
struct KeyFrameTests {
    @Test(
        "H264: a sequence parameter set, as a single unit, in an aggregate or at the start of fragments",
        arguments: [
            // payload, SPS in it, IDR in it
            ([0x67, 0x42], true, false),
            ([0x27], true, false),
            ([0x65, 0x88], false, true),
            ([0x41, 0x9A], false, false),
            ([0x68, 0xCE], false, false),
            ([0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68, 0, 2, 0x65, 0x88], true, true),
            ([0x78, 0, 2, 0x09, 0xF0, 0, 1, 0x67], true, false),
            ([0x78, 0, 1, 0x68, 0, 2, 0x65, 0x88], false, true),
            ([0x78, 0, 9, 0x67, 0x42], false, false),
            ([0x78, 0, 0, 0x67], false, false),
            ([0x78, 0], false, false),
            ([0x7C, 0x87, 1], true, false),
            ([0x7C, 0x07, 1], false, false),
            ([0x7C, 0x85, 1], false, true),
            ([0x7C, 0x45, 1], false, false),
            ([0x7C], false, false),
            ([], false, false),
        ] as [([UInt8], Bool, Bool)]
    )
    func h264(payload: [UInt8], parameterSet: Bool, refresh: Bool) {
        expect(.h264, payload, parameterSet)
        let containsIDR = H264Payload.containsIDR(payload.span.bytes)
        #expect(containsIDR == refresh)
    }

    @Test(
        "VP8: the start of partition 0 of a frame whose first bit is 0",
        arguments: [
            ([0x10, 0x00], true),
            ([0x10, 0x01], false),
            ([0x00, 0x00], false),
            ([0x11, 0x00], false),
            ([0x90, 0x80, 0x05, 0x00], true),
            ([0x90, 0x80, 0x85, 0x05, 0x00], true),
            ([0x90, 0x80, 0x85, 0x05, 0x01], false),
            ([0x90, 0xF0, 0x85, 0x05, 0x01, 0x02, 0x00], true),
            ([0x90, 0xE0, 0x05, 0x01, 0x02], false),
            ([0x90, 0x00, 0x00], true),
            ([0x90, 0x80], false),
            ([0x90], false),
            ([0x10], false),
            ([], false),
        ] as [([UInt8], Bool)]
    )
    func vp8(payload: [UInt8], expected: Bool) {
        expect(.vp8, payload, expected)
    }

    @Test(
        "VP9: the start of a lowest layer that is predicted from nothing",
        arguments: [
            ([0x08, 0x00], true),
            ([0x48, 0x00], false),
            ([0x00, 0x00], false),
            ([0xA8, 0x05, 0x00, 0x01], true),
            ([0xA8, 0x85, 0x05, 0x00, 0x01], true),
            ([0xA8, 0x05, 0x02, 0x01], false),
            ([0x28, 0x10, 0x01], true),
            ([0xA8, 0x85, 0x05], false),
            ([0x08], false),
            ([], false),
        ] as [([UInt8], Bool)]
    )
    func vp9(payload: [UInt8], expected: Bool) {
        expect(.vp9, payload, expected)
    }

    @Test(
        "AV1: a coded video sequence begins, and no fragment goes on",
        arguments: [
            ([0x18, 0x0A], true), ([0x88, 0x0A], false), ([0x10, 0x0A], false), ([0x18], false), ([], false),
        ]
            as [([UInt8], Bool)]
    )
    func av1(payload: [UInt8], expected: Bool) {
        expect(.av1, payload, expected)
    }

    @Test("sound can begin with any packet")
    func other() {
        expect(.other, [0x00], true)
        expect(.other, [], false)
    }

    @Test(
        "the format is known by the codec's name in any case",
        arguments: [
            ("h264", .h264), ("VP8", .vp8), ("vp9", .vp9), ("AV1", .av1), ("opus", .other), ("H265", .other),
        ] as [(String, PayloadFormat)]
    )
    func names(name: String, format: PayloadFormat) {
        #expect(PayloadFormat(of: RTPCodec(kind: .video, name: name, payloadType: 1, clockRate: 90_000)) == format)
    }

    @Test(
        "no bytes make the detection trap",
        arguments: [.h264, .vp8, .vp9, .av1, .other] as [PayloadFormat]
    )
    func randomBytes(format: PayloadFormat) {
        var numbers = SplitMix64(seed: 9)
        for round in 0..<10_000 {
            var payload = numbers.bytes(count: round % 12)
            if format == .h264, !payload.isEmpty { payload[0] = [24, 28, 7, 1][Int(payload[0] & 3)] }
            _ = format.startsKeyFrame(payload.span.bytes)
        }
    }

    private func expect(
        _ format: PayloadFormat,
        _ payload: [UInt8],
        _ expected: Bool,
        at location: SourceLocation = #_sourceLocation
    ) {
        let isKeyFrame = format.startsKeyFrame(payload.span.bytes)
        #expect(isKeyFrame == expected, sourceLocation: location)
    }
}
