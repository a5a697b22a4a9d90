// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("The frames of a stream")
struct FrameCounterTests {
    private static func counter(_ timestamps: [UInt32]) -> FrameCounter {
        var counter = FrameCounter()
        for timestamp in timestamps { counter.count(timestamp, isKeyFrame: false, at: .milliseconds(0)) }
        return counter
    }

    @Test(
        "A frame counts once, whichever of its packets come and in whatever order",
        arguments: [
            ([0, 0, 0, 3_000, 3_000], 2),
            // The second comes when the third has begun.
            ([0, 6_000, 3_000, 6_000, 3_000], 3),
            ([0, 3_000, 0, 3_000, 0], 2),
            // Timestamps wrap.
            ([0xFFFF_F000, 0x100, 0xFFFF_F000, 0x100], 2),
            // The source begins anew, minutes back.
            ([90_000_000, 90_003_000, 5, 3_005, 5], 4),
        ] as [([UInt32], UInt64)]
    )
    func once(timestamps: [UInt32], frames: UInt64) {
        #expect(Self.counter(timestamps).frames == frames)
    }

    @Test("What is so late that it may have been counted is not counted again")
    func late() {
        let counter = Self.counter((0..<100).map { $0 * 3_000 } + [3_000, 0])
        #expect(counter.frames == 100)
    }

    @Test("What is late and lay between frames that are remembered is counted, however many are late")
    func manyLate() {
        let ahead = (0..<200).map { UInt32($0) * 3_000 }
        // Every fourth frame comes whole after the two that follow it.
        let shuffled = stride(from: 0, to: 200, by: 4).flatMap { start in [1, 2, 0, 3].map { ahead[start + $0] } }
        #expect(Self.counter(shuffled).frames == 200)
    }

    @Test("A key frame counts once, also where the packet that shows it comes late, and the last two tell the interval")
    func keyFrames() {
        var counter = FrameCounter()
        counter.count(0, isKeyFrame: true, at: .milliseconds(0))
        counter.count(0, isKeyFrame: true, at: .milliseconds(1))
        #expect(counter.keyFrames == 1 && counter.keyFrameInterval == nil)
        counter.count(180_000, isKeyFrame: false, at: .milliseconds(2_000))
        counter.count(183_000, isKeyFrame: false, at: .milliseconds(2_033))
        counter.count(180_000, isKeyFrame: true, at: .milliseconds(2_050))
        #expect(counter.keyFrames == 2 && counter.frames == 3)
        #expect(counter.keyFrameInterval == .milliseconds(2_050))
    }
}
