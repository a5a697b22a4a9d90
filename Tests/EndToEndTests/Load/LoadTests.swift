// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Load")
    struct LoadTests {
        @Test("Ten publishers a second that come and go are all taken, and 20 that are idle stay")
        func short() async throws {
            let run = LoadRun(idleSessions: 20, rate: 10, rooms: 10, seconds: 3, calmSeconds: 3)
            let outcome = try await run.outcome()
            outcome.expectTaken(by: run)
        }
    }

    @Suite("Load, at length", .enabled(if: LongPart.load.isWanted, LongPart.load.complaint))
    struct LoadMatrixTests {
        @Test("Fifty publishers a second that come and go are answered in time, and 300 that are idle stay")
        func load() async throws {
            let run = LoadRun()
            let outcome = try await run.outcome()
            outcome.expectTaken(by: run)
            let (tail, median) = (outcome.loaded.percentile(99), outcome.calm.percentile(50))
            #expect(tail <= .seconds(1))
            #expect(tail <= median * 10)
        }
    }
}

extension LoadRun.Outcome {
    /// Checks that no request failed, no session was lost and memory is back where it was.
    fileprivate func expectTaken(by run: LoadRun) {
        #expect(calm.failures.isEmpty && calm.count == run.calmSeconds)
        #expect(loaded.failures.isEmpty && loaded.count == run.rate * run.seconds * LoadRun.rounds)
        #expect(lost == 0)
        #expect(ended == calm.count + loaded.count)
        #expect(memory[1] - memory[0] < 16 << 20 && memory[2] - memory[1] < 8 << 20, "\(memory)")
    }
}
