// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

/// Serialized, so that it keeps no more than one processor from the tests that need real time.
@Suite("The matrix of losses, in virtual time", .serialized, .timeLimit(.minutes(10)))
struct LossMatrixTests {
    @Test("Every cell")
    func wholeMatrix() throws {
        for seed in 1...3 {
            for cell in LossCell.all where cell.loss > 0 {
                let outcome = try cell.outcome(seed: UInt64(seed))
                print(outcome.row)
            }
        }
    }
}
