// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Sizes of pictures")
struct PictureSizeTests {
    /// The beginnings of key frames: libvpx, VP8 and VP9, 640×360; the sequence header of libaom, 848×480.
    private static let vp8Frame = H264Samples.bytes("f0c6009d012a8002680100070885858885848802")
    private static let vp9Frame = H264Samples.bytes("824983420027f016760638241c185c1006b07fdd")
    private static let av1Header = H264Samples.bytes("00000024c69fdf36be4010")

    private static func expect(_ format: PayloadFormat, _ payload: [UInt8], _ size: PictureSize?) {
        let found = format.pictureSize(of: payload.span.bytes)
        #expect(found == size)
        // Cut off anywhere, it tells the same or nothing, and never traps.
        for length in 0..<payload.count {
            let part = Array(payload.prefix(length))
            let cut = format.pictureSize(of: part.span.bytes)
            #expect(cut == nil || cut == size)
        }
    }

    @Test(
        "VP8: behind the start code of a key frame, whatever the descriptor has",
        arguments: [[0x10], [0x90, 0x80, 0x05], [0x90, 0xF0, 0x85, 0x05, 0x01, 0x02]] as [[UInt8]]
    )
    func vp8(descriptor: [UInt8]) {
        Self.expect(.vp8, descriptor + Self.vp8Frame, PictureSize(width: 640, height: 360))
    }

    @Test("VP8: how the picture is to be scaled is no part of its size")
    func vp8Scaling() {
        var frame = Self.vp8Frame
        frame[7] |= 0x40
        frame[9] |= 0xC0
        Self.expect(.vp8, [0x10] + frame, PictureSize(width: 640, height: 360))
    }

    @Test("VP8: no size where there is no key frame, or no start code")
    func vp8Others() {
        Self.expect(.vp8, [0x00] + Self.vp8Frame, nil)
        Self.expect(.vp8, [0x10, Self.vp8Frame[0] | 1] + Self.vp8Frame[1...], nil)
        Self.expect(.vp8, [0x10] + Self.vp8Frame.prefix(3) + [0x9D, 0x01, 0x2B] + Self.vp8Frame[6...], nil)
        Self.expect(.vp8, [0x10] + Self.vp8Frame.prefix(6) + [0, 0, 0x68, 0x01], nil)
    }

    @Test(
        "VP9: in the frame's own header, behind any descriptor",
        arguments: [
            [0x08], [0x88, 0x05], [0x88, 0x85, 0x05], [0xA8, 0x05, 0x00, 0x07], [0xB8, 0x05, 0x00],
            // A structure without sizes: one of pictures, one of nothing.
            [0x8A, 0x05, 0x08, 0x02, 0x04, 0x01, 0x08, 0x01, 0x02], [0x8A, 0x05, 0x00],
        ] as [[UInt8]]
    )
    func vp9(descriptor: [UInt8]) {
        Self.expect(.vp9, descriptor + Self.vp9Frame, PictureSize(width: 640, height: 360))
    }

    @Test("VP9: the highest spatial layer's, where the structure lists them")
    func vp9Layers() {
        let sizes: [UInt8] = [0x00, 0xA0, 0x00, 0x5A, 0x01, 0x40, 0x00, 0xB4]
        Self.expect(.vp9, [0xAA, 0x05, 0x00, 0x07, 0x30] + sizes + Self.vp9Frame, PictureSize(width: 320, height: 180))
    }

    @Test("VP9: no size in a frame that is predicted, or has no sync code")
    func vp9Others() {
        Self.expect(.vp9, [0x48] + Self.vp9Frame, nil)
        Self.expect(.vp9, [0x08, 0x82, 0x49, 0x83, 0x43] + Self.vp9Frame[4...], nil)
        // A frame that is shown again.
        Self.expect(.vp9, [0x08, 0x8A] + Self.vp9Frame[1...], nil)
    }

    @Test(
        "AV1: in the sequence header, wherever it stands in the packet",
        arguments: [
            [0x18, 0x08] + av1Header,
            [0x18, 0x0A, 0x0B] + av1Header,
            [0x28, 12, 0x08] + av1Header + [0x30, 1, 2],
            [0x08, 12, 0x08] + av1Header + [3, 0x30, 1, 2],
            [0x08, 1, 0x10, 13, 0x0A, 0x0B] + av1Header,
            [0x18, 0x0C, 0x00] + av1Header,
        ]
    )
    func av1(payload: [UInt8]) {
        Self.expect(.av1, payload, PictureSize(width: 848, height: 480))
    }

    @Test(
        "AV1: no size without a sequence header, or without the bit that says one begins",
        arguments: [
            [0x10, 0x08] + av1Header, [0x98, 0x08] + av1Header, [0x18, 0x30, 1, 2], [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        ]
    )
    func av1Others(payload: [UInt8]) {
        Self.expect(.av1, payload, nil)
    }

    @Test("whatever bytes come, reading them ends", arguments: 0..<200 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        for sample in [
            [0x10] + Self.vp8Frame, [0x8A, 0x05, 0x08, 0x02] + Self.vp9Frame, [0x18, 0x08] + Self.av1Header,
        ] {
            for format in [PayloadFormat.vp8, .vp9, .av1] {
                let (mutated, random) = (numbers.mutated(sample), numbers.bytes(count: 40))
                _ = format.pictureSize(of: mutated.span.bytes)
                _ = format.pictureSize(of: random.span.bytes)
            }
        }
    }

    @Test("a stream's last key frame tells its size, H264's last parameter set")
    func inspected() throws {
        var inspector = StreamInspector(
            RTPCodec(kind: .video, name: "VP8", payloadType: 96, clockRate: 90_000),
            isOnlyLayer: false,
            observes: false
        )
        func receive(_ payload: [UInt8], ssrc: UInt32 = 1) throws {
            _ = inspector.receive(try .sample(1, ssrc: ssrc), payload: payload.span.bytes, at: .milliseconds(0))
        }
        try receive([0x10] + Self.vp8Frame)
        try receive(ForwarderFixture.delta)
        #expect(inspector.pictureSize == PictureSize(width: 640, height: 360))
        // Another source may have another size.
        try receive(ForwarderFixture.delta, ssrc: 2)
        #expect(inspector.pictureSize == nil)
        inspector = StreamInspector(
            RTPCodec(kind: .video, name: "H264", payloadType: 96, clockRate: 90_000),
            isOnlyLayer: false,
            observes: false
        )
        let sets = H264Samples.aggregate(H264Samples.main, H264Samples.mainPicture)
        try receive(sets)
        #expect(inspector.pictureSize == PictureSize(width: 1_280, height: 720))
        try receive(H264Samples.high)
        #expect(inspector.pictureSize == PictureSize(width: 1_920, height: 1_080))
    }
}
