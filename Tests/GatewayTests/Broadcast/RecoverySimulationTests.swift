// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway
@testable import SkyWay

/// The state machines together, against a SkyWay that fails at random, in virtual time.
@Suite("Recovery in virtual time", .timeLimit(.minutes(5)))
struct RecoverySimulationTests {
    /// Faults of a minute are over within so long.
    private static let patience = Duration.seconds(900)
    /// More than any sequence needs; a loop that does not wait has more within a second.
    private static let mostSteps = 1500

    @Test("Each fault alone ends in a broadcast that is live again", arguments: 0..<200)
    func single(seed: Int) throws {
        try Self.check(UInt64(seed), faults: 1)
    }

    @Test("10,000 random sequences of faults end in a broadcast that is live again, with nothing left and no busy loop")
    func sequences() throws {
        for seed in 1000..<11_000 {
            try Self.check(UInt64(seed), faults: 2 + seed % 9)
        }
    }

    private static func check(_ seed: UInt64, faults: Int) throws {
        var broadcast = try ModelledBroadcast(seed: seed, faults: faults)
        try #require(broadcast.isSound, "seed \(seed): it was not live in the beginning")
        broadcast.live(atMost: patience)
        if !broadcast.isSound || broadcast.steps > mostSteps {
            Issue.record("seed \(seed): \(broadcast.summary)")
        }
    }

    @Test("What no repetition mends ends it, with the reason that was given")
    func finals() throws {
        for seed in 0..<500 {
            var broadcast = try ModelledBroadcast(seed: UInt64(seed), faults: 6)
            let codes: [SkyWayError.Code] = [.scopeMissing, .limitReached, .usageLimitReached, .channelNotFound]
            let code = codes[seed % codes.count]
            broadcast.refuse(with: code, after: seed % 40)
            broadcast.live(atMost: Self.patience)
            let isRefused = broadcast.machine.endReason == .skyWayLost(SkyWayError(code, .rtcAPI))
            #expect(isRefused || broadcast.isSound, "seed \(seed): \(broadcast.summary)")
        }
    }
}
