// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Attacks")
    struct AttackTests {
        @Test("A short flood in the publishers' names costs the sessions no frame")
        func short() async throws {
            let run = AttackRun(attack: .media, sessions: 4, seconds: 3, rate: 2_000)
            try await run.outcome().expectUndisturbed(by: run)
        }
    }

    @Suite("Attacks, at length", .enabled(if: LongPart.attacks.isWanted, LongPart.attacks.complaint))
    struct AttackMatrixTests {
        @Test("Twenty sessions run on beside an attack", arguments: Attack.allCases)
        func attacked(_ attack: Attack) async throws {
            // What is slow is given up after 10 s.
            let run = AttackRun(attack: attack, seconds: attack == .slow ? 13 : 10)
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
        expectAttacked(run.attack)
    }

    /// Checks that the attack came to the gateway, and that what it could take of memory was bounded.
    private func expectAttacked(_ attack: Attack) {
        let (sent, opened) = (done.what["sent"] ?? 0, done.what["opened"] ?? 0)
        switch attack {
        case .junk, .stun, .hello, .media:
            // What the gateway told is what the attacker sent, but for what the kernel had no room for.
            let told = attack.causes.reduce(0) { $0 + (dropped[$1] ?? 0) }
            #expect(sent > 0 && told * 2 >= sent, "\(dropped)")
            #expect(memoryAfter - memoryBefore < 16 << 20)
        case .slow:
            #expect(opened >= 200 && (done.what["closed"] ?? 0) >= 200)
            #expect((done.what["status 408"] ?? 0) >= 90)
        case .connections:
            #expect(opened >= 10_000)
        case .sdp:
            let refused = ["status 400", "status 413", "status 422", "status 429"].compactMap { done.what[$0] }
            #expect(opened > 0 && refused.reduce(0, +) * 2 >= opened)
        }
        #expect(memoryAfter - memoryBefore < 128 << 20)
    }
}
