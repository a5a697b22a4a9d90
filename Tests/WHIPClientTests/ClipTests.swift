// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing
import WHIPClient

@Suite("Clips")
struct ClipTests {
    @Test("The embedded clip is 20 s of 300 pictures and 1,000 packets of sound")
    func embedded() throws {
        let clip = try Clip(SampleClip.bytes)
        #expect(clip.length == .seconds(20))
        #expect(clip.pictures == 300)
        #expect(clip.video.packets.count(where: \.marker) == 300)
        #expect(clip.video.packets.count(where: \.isEntryPoint) == 20)
        #expect(clip.audio.packets.count == 1_000)
        #expect((clip.video.packets + clip.audio.packets).allSatisfy { (1...1_200).contains($0.count) })
    }

    @Test("Each key frame of the embedded clip begins with its parameter sets in one STAP-A")
    func keyFrames() throws {
        let clip = try Clip(SampleClip.bytes)
        for packet in clip.video.packets where packet.isEntryPoint {
            let payload = clip.payloads[Int(packet.start)..<Int(packet.start + packet.count)]
            let start = payload.startIndex
            #expect(payload[start] & 0x1f == 24)
            #expect(payload[start + 3] & 0x1f == 7, "a sequence parameter set comes first")
        }
    }

    @Test("Pictures are cut into payloads, sound is taken whole, and each knows its place")
    func records() throws {
        let clip = try Clip(
            SampleClip.make([
                .video(0, isKeyFrame: true, [0x67, 1], [0x65] + [UInt8](repeating: 7, count: 2_000)),
                .audio(0, [0xfc, 9]),
                .video(45_000, [0x41, 2]),
            ])
        )
        #expect(clip.pictures == 2)
        #expect(clip.video.packets.map(\.marker) == [false, false, true, true])
        #expect(clip.video.packets.map(\.isEntryPoint) == [true, false, false, false])
        #expect(clip.video.packets.map(\.timestamp) == [0, 0, 0, 45_000])
        let sound = try #require(clip.audio.packets.first)
        #expect(clip.payloads[Int(sound.start)..<Int(sound.start + sound.count)] == [0xfc, 9])
    }

    @Test(
        "What is no clip is refused",
        arguments: [
            [],
            Array("SWGCLIP1".utf8),
            SampleClip.header(video: 90_000, audio: 48_000),
            Array("SWGCLIP2".utf8) + SampleClip.make([.audio(0)]).dropFirst(8),
            SampleClip.header(video: 90_000, audio: 48_000, rates: (44_100, 48_000)) + [0],
        ] as [[UInt8]]
    )
    func notAClip(bytes: [UInt8]) {
        #expect(throws: Clip.ParseError.notAClip) { try Clip(bytes) }
    }

    /// A clip with one thing wrong, and where.
    struct Malformed: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var offset: Int

        init(_ description: String, _ bytes: [UInt8], at offset: Int = 48) {
            testDescription = description
            self.bytes = bytes
            self.offset = offset
        }
    }

    @Test(
        "A malformed clip is refused with the place of the fault",
        arguments: [
            Malformed("an empty loop", SampleClip.header(video: 0, audio: 0) + [1], at: 16),
            Malformed("tracks of unequal length", SampleClip.header(video: 90_000, audio: 47_999) + [1], at: 16),
            Malformed("half a record header", SampleClip.make([]) + [1, 1, 0, 0, 0]),
            Malformed("an unknown kind", SampleClip.make([.init(kind: 3, timestamp: 0, body: [1])])),
            Malformed("an empty record", SampleClip.make([.init(kind: 2, timestamp: 0, body: [])])),
            Malformed("a record past the end", SampleClip.make([.audio(0, [1, 2, 3])]).dropLast()),
            Malformed("sound that fits no packet", SampleClip.make([.audio(0, [UInt8](repeating: 1, count: 1_201))])),
            Malformed("a time past the loop", SampleClip.make([.audio(48_000)])),
            Malformed("times that go back", SampleClip.make([.audio(960), .audio(0)]), at: 63),
            Malformed("a NAL unit without its length", SampleClip.make([.init(kind: 1, timestamp: 0, body: [0, 0])])),
            Malformed(
                "a NAL unit past the picture",
                SampleClip.make([.init(kind: 1, flags: 1, timestamp: 0, body: [0, 0, 0, 9, 0x65, 1])])
            ),
            Malformed(
                "a NAL unit of a length beyond all",
                SampleClip.make([.init(kind: 1, flags: 1, timestamp: 0, body: [255, 255, 255, 255, 0x65])])
            ),
            Malformed("no key frame to begin with", SampleClip.make([.video(0, [0x41, 1])]), at: 66),
        ]
    )
    func malformed(clip: Malformed) {
        #expect(throws: Clip.ParseError.malformed(offset: clip.offset)) { try Clip(clip.bytes) }
    }

    @Test("The embedded clip cut off or damaged anywhere is read or refused, never trapped on", arguments: 0..<50)
    func damaged(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var bytes = Array(SampleClip.bytes.prefix(.random(in: 0...40_000, using: &generator)))
        for _ in 0..<4 where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &generator)
            bytes[index] = .random(in: 0...255, using: &generator)
        }
        if let clip = try? Clip(bytes) {
            #expect(clip.payloads.count <= bytes.count * 2)
        }
    }
}
