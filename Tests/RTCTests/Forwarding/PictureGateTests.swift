// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Leaving out pictures")
struct PictureGateTests {
    private static let (much, little) = (Duration.milliseconds(300), Duration.milliseconds(10))

    /// Whether each of some packets goes on.
    private func admitted(
        _ packets: [(timestamp: UInt32, canBegin: Bool, backlog: Duration)],
        by gate: inout PictureGate
    ) -> [Bool] {
        packets.map { gate.admits(timestamp: $0.timestamp, canBegin: $0.canBegin, backlog: $0.backlog) }
    }

    @Test("a picture that was begun is let through to its end, and nothing after it until a key frame")
    func wholePictures() {
        var gate = PictureGate()
        let first = admitted(
            [(3_000, true, Self.little), (3_000, false, Self.much), (6_000, false, Self.much)],
            by: &gate
        )
        #expect(first == [true, true, false])
        #expect(gate.isShut)
        let then = admitted(
            [
                // Late.
                (3_000, false, Self.much),
                (9_000, false, Self.little), (12_000, true, Self.much), (15_000, true, Self.little),
            ],
            by: &gate
        )
        #expect(then == [true, false, false, true])
        #expect(!gate.isShut)
        let last = admitted([(15_000, false, Self.much), (18_000, false, .milliseconds(150))], by: &gate)
        #expect(last == [true, true])
    }

    @Test("timestamps that wrap around or begin anew are new pictures")
    func timestamps() {
        var gate = PictureGate()
        let admitted = admitted(
            [
                (.max - 100, true, Self.little), (2_900, false, Self.much), (5_900, true, Self.little),
                (3_000_000_000, false, Self.much),
            ],
            by: &gate
        )
        #expect(admitted == [true, false, true, false])
        #expect(gate.isShut)
    }
}
