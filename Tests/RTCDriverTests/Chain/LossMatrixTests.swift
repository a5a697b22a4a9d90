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
        for cell in LossCell.all {
            let outcome = try cell.outcome()
            print(outcome.row)
        }
    }
}
