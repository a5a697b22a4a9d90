// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Attacks")
    struct AttackTests {
        @Test("A short flood costs the sessions that run no frame", arguments: [(Attack.media, 2_000), (.junk, 5_000)])
        func short(_ attack: Attack, rate: Int) async throws {
            let run = AttackRun(attack: attack, sessions: 4, seconds: 3, rate: rate)
            try await run.outcome().expectUndisturbed(by: run)
        }
    }

    @Suite("Attacks, at length", .enabled(if: LongPart.attacks.isWanted, LongPart.attacks.complaint))
    struct AttackMatrixTests {
        @Test("Twenty sessions run on beside an attack", arguments: Attack.allCases)
        func attacked(_ attack: Attack) async throws {
            let run = AttackRun(attack: attack)
            try await run.outcome().expectUndisturbed(by: run)
        }
    }
}

extension AttackRun.Outcome {
    /// Checks that the attack took place, and that all sessions got their frames through as without it.
    fileprivate func expectUndisturbed(by run: AttackRun) {
        // 15 frames a second each, but for bins at the ends.
        #expect(attack.expected >= run.sessions * 15 * (run.seconds - 1) * 9 / 10)
        #expect(peace.expected >= run.sessions * 15 * (run.seconds - 1) * 9 / 10)
        #expect(attack.ratio >= peace.ratio - 0.01, "\(attack.text) beside \(peace.text)")
        #expect(peace.ratio >= 0.98)
        // No session was lost, none began anew.
        #expect(streams == run.sessions && ended == 0)
        #expect(status == 200)
        #expect(memoryAfter - memoryBefore < 64 << 20)
        if !run.attack.causes.isEmpty {
            // What the gateway told is what the attacker sent, but for what the kernel had no room for.
            let told = run.attack.causes.reduce(0) { $0 + (dropped[$1] ?? 0) }
            #expect(told * 2 >= done.what["sent"] ?? 0, "\(dropped)")
        }
    }
}
