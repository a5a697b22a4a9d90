// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

extension ChainTests {
    @Suite("Losses of three layers, in virtual time", .timeLimit(.minutes(5)))
    struct LayeredLossTests {
        private static let plan = ChainPlan(publisher: .browser, layers: 3)

        @Test("Each layer's consumer gets its frames, and no freeze lasts", arguments: LossCell.Leg.allCases)
        func matrix(_ leg: LossCell.Leg) async throws {
            var rows: [String] = []
            for loss in [5, 10, 20] {
                for pattern in LossCell.Pattern.allCases {
                    let cell = LossCell(leg: leg, loss: loss, pattern: pattern, roundTrip: 50, isUneven: false)
                    let outcomes = try cell.outcomes(Self.plan)
                    #expect(outcomes.count == 3)
                    rows.append(LossOutcome.row(of: outcomes))
                    for outcome in outcomes { Self.judge(outcome) }
                    // Others have their turn on this thread.
                    await Task.yield()
                }
            }
            print("LOSS OF LAYERS, \(leg.rawValue):\n\(LossOutcome.headOfLayers)\n\(rows.joined(separator: "\n"))")
        }

        private static func judge(_ outcome: LossOutcome) {
            let row = Comment(rawValue: outcome.row)
            outcome.expectSound()
            #expect(outcome.completeShare >= (outcome.cell.loss == 5 ? 0.99 : 0.97), row)
            #expect(outcome.longestFreeze <= (outcome.cell.loss == 5 ? .milliseconds(500) : .seconds(2)), row)
        }
    }
}

extension LossOutcome {
    fileprivate static let headOfLayers = """
        | loss | pattern | frames complete | longest freeze | datagrams lost | sent again | key frames asked |
        |---|---|---|---|---|---|---|
        """

    /// The outcomes of all layers as a row of a table.
    fileprivate static func row(of layers: [LossOutcome]) -> String {
        guard let first = layers.first else { return "" }
        func each(_ value: (LossOutcome) -> String) -> String { layers.map(value).joined(separator: ", ") }
        let cells: [String] = [
            "\(first.cell.loss) %", first.cell.pattern.rawValue, "\(each { "\($0.completePercent)" }) %",
            "\(each { "\($0.longestFreezeMilliseconds)" }) ms", "\(first.datagramsLost)", "\(first.resent)",
            each { "\($0.keyFrameRequests)" },
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }
}
