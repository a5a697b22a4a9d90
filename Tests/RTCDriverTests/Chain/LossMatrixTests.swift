// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

extension ChainTests {
    @Suite("The matrix of losses, in virtual time", .timeLimit(.minutes(5)))
    struct LossMatrixTests {
        @Test("On either leg the consumer gets its frames, and no freeze lasts", arguments: LossCell.Leg.allCases)
        func matrix(_ leg: LossCell.Leg) async throws {
            var rows: [String] = []
            for cell in LossCell.all(on: leg) {
                let outcome = try cell.outcome()
                rows.append(outcome.row)
                Self.judge(outcome)
                // Others have their turn on this thread.
                await Task.yield()
            }
            print("LOSS MATRIX, 10 s in each cell:\n\(LossOutcome.head)\n\(rows.joined(separator: "\n"))")
        }

        @Test(
            "Of many half minutes with 5 % in bursts hardly one stands for half a second",
            arguments: [(LossCell.Leg.publisher, 500), (.far, 700)]
        )
        func bursts(_ leg: LossCell.Leg, longest: Int) async throws {
            let cell = LossCell(leg: leg, loss: 5, pattern: .bursty, roundTrip: 50, isUneven: false)
            var freezes: [Int] = []
            for seed in 1...15 as ClosedRange<UInt64> {
                let outcome = try cell.outcome(over: .seconds(30), seed: seed)
                freezes.append(outcome.longestFreezeMilliseconds)
                #expect(outcome.completeShare >= 0.99)
                await Task.yield()
            }
            freezes.sort()
            print("LOSS, 5 % in bursts, \(leg.rawValue): longest freezes of half minutes \(freezes) ms")
            // Towards the SFU it is mediasoup's requests that are lost.
            #expect(freezes[13] <= 500 && freezes[14] <= longest)
        }

        private static func judge(_ outcome: LossOutcome) {
            let (cell, row) = (outcome.cell, Comment(rawValue: outcome.row))
            outcome.expectSound()
            switch (cell.loss, cell.roundTrip) {
            case (...5, ...50):
                #expect(outcome.completeShare >= 0.99, row)
                #expect(outcome.longestFreeze <= .milliseconds(500), row)
            case (...10, _):
                #expect(outcome.completeShare >= 0.97, row)
                #expect(outcome.longestFreeze <= .seconds(2), row)
            default:
                #expect(outcome.longestFreeze <= .seconds(2), row)
            }
            if cell.loss == 0 { #expect(outcome.keyFrameRequests == 0, row) }
        }

        @Test(
            "With a publisher that sends again in the stream itself and makes key frames when it likes, too",
            arguments: LossCell.Leg.allCases,
            LossCell.Pattern.allCases
        )
        func plainPublisher(_ leg: LossCell.Leg, _ pattern: LossCell.Pattern) throws {
            let cell = LossCell(leg: leg, loss: 5, pattern: pattern, roundTrip: 50, isUneven: true)
            let outcome = try cell.outcome(publisher: .plain, .every(60))
            Self.judge(outcome)
            print("LOSS, plain retransmission, a key frame in 2 s: \(outcome.row)")
        }
    }
}
