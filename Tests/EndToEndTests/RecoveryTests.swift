// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Recovery on SkyWay's side")
    struct RecoveryTests {
        @Test("Sockets, calls, tokens and the way to the SFU are lost, and no viewer has to subscribe again")
        func kept() async throws {
            let faults = RecoveryFault.unnoticed(lasting: 6) + [RecoveryFault.stopped(5)] + RecoveryFault.paths(lost: 4)
            for row in try await RecoveryRun(name: "kept", faults: faults).rows() { row.expectGoal() }
        }

        @Test("What the SFU or the room has lost is made again, and viewers find it")
        func remade() async throws {
            let faults = RecoveryFault.sfu.prefix(4) + RecoveryFault.member
            let run = RecoveryRun(name: "remade", faults: Array(faults), settling: RecoveryRun.apart)
            for row in try await run.rows() { row.expectGoal() }
        }

        @Test("A gateway that was killed finds its member of before and replaces it")
        func crash() async throws {
            try await CrashRun().outcome().expectReplaced()
        }

        @Test("What no repetition mends ends the broadcast at once, with the sentence that says what to do")
        func final() async throws {
            for (name, run) in FinalErrorRun.all { try await run.expectEnd(named: name) }
        }

        @Test("Twenty broadcasts whose SkyWay is restarted are live again within 20 s, without a storm")
        func twenty() async throws {
            try await MassRecoveryRun(broadcasts: 20).outcome().expectCalmReturn(within: 20)
        }
    }
}

/// Not within `EndToEnd`, whose tests may take five minutes.
@Suite(
    "What viewers keep through faults on SkyWay's side, at length",
    .serialized,
    .timeLimit(.minutes(30)),
    .enabled(if: Machine.takesPart, Machine.complaint),
    .enabled(if: LongPart.recovery.isWanted, LongPart.recovery.complaint)
)
struct RecoveryMatrixTests {
    @Test("What nobody may notice")
    func unnoticed() async throws {
        let faults = RecoveryFault.unnoticed(lasting: 45) + RecoveryFault.unnoticedAtLength(lasting: 45)
        try await RecoveryRun(name: "unnoticed", faults: faults).repeated(5)
    }

    @Test("Ways to the SFU that are lost and come back")
    func paths() async throws {
        let faults = [RecoveryFault.stopped(10)] + RecoveryFault.paths(lost: 10)
        try await RecoveryRun(name: "paths", faults: faults, settling: RecoveryRun.apart).repeated(5)
    }

    @Test("A sleep that is longer than publishers wait, and the same publisher again")
    func asleep() async throws {
        try await RecoveryRun(name: "asleep", faults: [.asleep(40)]).repeated(5)
    }
}

@Suite(
    "What is made again after faults on SkyWay's side, at length",
    .serialized,
    .timeLimit(.minutes(30)),
    .enabled(if: Machine.takesPart, Machine.complaint),
    .enabled(if: LongPart.restoring.isWanted, LongPart.restoring.complaint)
)
struct RestoringMatrixTests {
    @Test("What the SFU or the room has lost")
    func remade() async throws {
        let faults = RecoveryFault.sfu + RecoveryFault.badSFU + RecoveryFault.member
        try await RecoveryRun(name: "remade", faults: faults, settling: RecoveryRun.apart).repeated(5)
    }

    @Test("A gateway that was killed finds its member of before and replaces it", arguments: 1...5)
    func crash(run: Int) async throws {
        try await CrashRun().outcome().expectReplaced()
    }

    @Test("A hundred broadcasts whose SkyWay is restarted are live again within 60 s", arguments: 1...5)
    func hundred(run: Int) async throws {
        try await MassRecoveryRun(broadcasts: 100).outcome().expectCalmReturn(within: 60)
    }

    @Test("What no repetition mends ends the broadcast at once, and says what to do", arguments: 1...5)
    func final(run: Int) async throws {
        for (name, run) in FinalErrorRun.all { try await run.expectEnd(named: name) }
    }
}
