// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Leaving out pictures")
struct PictureGateTests {
    private static let (much, little) = (Duration.milliseconds(300), Duration.milliseconds(10))

    @Test("a picture that was begun is let through to its end, and nothing after it until a key frame")
    func wholePictures() {
        var gate = PictureGate()
        let step1 = gate.admits(timestamp: 3_000, canBegin: true, backlog: Self.little)
        #expect(step1)
        let step2 = gate.admits(timestamp: 3_000, canBegin: false, backlog: Self.much)
        #expect(step2)
        let step3 = gate.admits(timestamp: 6_000, canBegin: false, backlog: Self.much)
        #expect(!step3)
        #expect(gate.isShut)
        // Late.
        let step4 = gate.admits(timestamp: 3_000, canBegin: false, backlog: Self.much)
        #expect(step4)
        let step5 = gate.admits(timestamp: 9_000, canBegin: false, backlog: Self.little)
        #expect(!step5)
        let step6 = gate.admits(timestamp: 12_000, canBegin: true, backlog: Self.much)
        #expect(!step6)
        let step7 = gate.admits(timestamp: 15_000, canBegin: true, backlog: Self.little)
        #expect(step7)
        #expect(!gate.isShut)
        let step8 = gate.admits(timestamp: 15_000, canBegin: false, backlog: Self.much)
        #expect(step8)
        let step9 = gate.admits(timestamp: 18_000, canBegin: false, backlog: .milliseconds(150))
        #expect(step9)
    }

    @Test("timestamps that wrap around or begin anew are new pictures")
    func timestamps() {
        var gate = PictureGate()
        let step1 = gate.admits(timestamp: .max - 100, canBegin: true, backlog: Self.little)
        #expect(step1)
        let step2 = gate.admits(timestamp: 2_900, canBegin: false, backlog: Self.much)
        #expect(!step2)
        let step3 = gate.admits(timestamp: 5_900, canBegin: true, backlog: Self.little)
        #expect(step3)
        let step4 = gate.admits(timestamp: 3_000_000_000, canBegin: false, backlog: Self.much)
        #expect(!step4)
        #expect(gate.isShut)
    }
}
