// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Key frames")
struct KeyFrameTests {
    @Test(
        "H264: parameter sets and slices, as single units, in aggregates and in fragments",
        arguments: [
            ([0x67, 0x42], [.entryPoint, .parameterSets]),
            ([0x27], [.entryPoint, .parameterSets]),
            ([0x65, 0x88], [.keyFrame, .refreshStart]),
            // a later slice of the picture
            ([0x65, 0x48], .keyFrame),
            ([0x65], .keyFrame),
            ([0x41, 0x9A], .slice),
            ([0x68, 0xCE], .parameterSets),
            ([0x06, 0x05], []),
            (
                [0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68, 0, 2, 0x65, 0x88],
                [.entryPoint, .parameterSets, .keyFrame, .refreshStart]
            ),
            ([0x78, 0, 2, 0x09, 0xF0, 0, 1, 0x67], [.entryPoint, .parameterSets]),
            ([0x78, 0, 1, 0x68, 0, 2, 0x65, 0x88], [.parameterSets, .keyFrame, .refreshStart]),
            ([0x78, 0, 2, 0x67, 0x42, 0, 9, 0x65], [.entryPoint, .parameterSets]),
            ([0x78, 0, 9, 0x67, 0x42], []),
            ([0x78, 0, 0, 0x67], []),
            ([0x78, 0], []),
            ([0x7C, 0x87, 1], [.entryPoint, .parameterSets]),
            ([0x7C, 0x07, 1], []),
            ([0x7C, 0x85, 0x88], [.keyFrame, .refreshStart]),
            ([0x7C, 0x85, 0x48], .keyFrame),
            ([0x7C, 0x05, 0x88], .keyFrame),
            ([0x7C, 0x45, 0x88], .keyFrame),
            ([0x7C, 0x81, 0x9A], .slice),
            ([0x7C, 0x01, 0x9A], []),
            ([0x7C], []),
            ([0x79, 0, 0, 0, 1, 0x67], []),
            ([], []),
        ] as [([UInt8], PayloadContent)]
    )
    func h264(payload: [UInt8], expected: PayloadContent) {
        let content = PayloadFormat.h264.content(of: payload.span.bytes)
        #expect(content == expected)
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
            _ = format.content(of: payload.span.bytes)
        }
    }

    private func expect(
        _ format: PayloadFormat,
        _ payload: [UInt8],
        _ expected: Bool,
        at location: SourceLocation = #_sourceLocation
    ) {
        let content = format.content(of: payload.span.bytes)
        #expect(content.contains(.entryPoint) == expected, sourceLocation: location)
        #expect(content.contains(.keyFrame) == (expected && format != .other), sourceLocation: location)
    }
}
