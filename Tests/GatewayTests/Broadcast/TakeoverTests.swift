// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

@Suite("Where a publisher goes whose identity publishes already")
struct TakeoverTests {
    /// One row: who is there, and what follows.
    struct Row: Sendable, CustomTestStringConvertible {
        var policy = TakeoverPolicy.replaceWhenSilent
        var limit: Int? = 1
        var standings: [Takeover.Standing]
        var waited = Duration.zero
        var decision: Takeover.Decision

        var testDescription: String { "\(policy.rawValue), \(limit.map { "\($0)" } ?? "no") limit, \(standings)" }
    }

    private static func held(_ silence: Duration, hasFlowed: Bool = true) -> Takeover.Standing {
        .held(silence: silence, hasFlowed: hasFlowed)
    }

    private static let first = Takeover.Decision.take(BroadcastID(0))
    private static let second = Takeover.Decision.take(BroadcastID(1))

    @Test("Nobody there: a broadcast of its own", arguments: TakeoverPolicy.allCases)
    func alone(policy: TakeoverPolicy) {
        check(Row(policy: policy, standings: [], decision: .begin))
        check(Row(policy: policy, standings: [.over], decision: .begin))
    }

    @Test("One that waits is gone on with, whatever the policy", arguments: TakeoverPolicy.allCases)
    func waiting(policy: TakeoverPolicy) {
        for limit in [1, 3, nil] {
            let standings = [Self.held(.zero), .waiting]
            check(Row(policy: policy, limit: limit, standings: standings, decision: Self.second))
        }
    }

    @Test(
        "One that is held is taken by the policy",
        arguments: [
            Row(policy: .refuse, standings: [held(.zero)], decision: .refuse),
            Row(policy: .refuse, standings: [held(.seconds(9))], decision: .refuse),
            Row(policy: .replace, standings: [held(.zero)], decision: first),
            Row(standings: [held(.seconds(2))], decision: first),
            // It may still fall silent while this one waits, but not for ever.
            Row(standings: [held(.zero)], decision: .wait(.seconds(2))),
            Row(standings: [held(.milliseconds(500))], decision: .wait(.milliseconds(1500))),
            Row(standings: [held(.milliseconds(1500))], waited: .seconds(2), decision: .wait(.milliseconds(500))),
            Row(standings: [held(.milliseconds(20))], waited: .seconds(2), decision: .refuse),
            Row(standings: [held(.zero, hasFlowed: false)], waited: .seconds(2), decision: .refuse),
            Row(standings: [held(.seconds(2), hasFlowed: false)], decision: first),
        ]
    )
    func one(row: Row) { check(row) }

    @Test(
        "Where several may publish, the quietest is taken; a live one never is",
        arguments: [
            Row(policy: .refuse, limit: 2, standings: [held(.zero)], decision: .begin),
            Row(policy: .refuse, limit: 2, standings: [held(.zero), held(.seconds(9))], decision: .refuse),
            Row(
                policy: .replace,
                limit: 2,
                standings: [held(.zero), held(.zero)],
                waited: .seconds(2),
                decision: .refuse
            ),
            Row(limit: 2, standings: [held(.zero)], decision: .begin),
            Row(limit: 2, standings: [held(.seconds(3))], decision: first),
            Row(limit: 2, standings: [held(.milliseconds(700))], decision: .wait(.milliseconds(1300))),
            Row(limit: 2, standings: [held(.zero), held(.seconds(3))], decision: second),
            Row(limit: 2, standings: [held(.zero), .over], decision: .begin),
        ]
    )
    func several(row: Row) { check(row) }

    @Test(
        "Without a key a live one is somebody else, and only one that has fallen silent is perhaps the same",
        arguments: [
            Row(limit: nil, standings: [held(.zero)], decision: .begin),
            Row(policy: .replace, limit: nil, standings: [held(.zero)], decision: .begin),
            Row(policy: .refuse, limit: nil, standings: [held(.seconds(2))], decision: first),
            Row(limit: nil, standings: [held(.seconds(9), hasFlowed: false)], decision: .begin),
            Row(limit: nil, standings: [held(.milliseconds(600))], decision: .wait(.milliseconds(1400))),
            Row(limit: nil, standings: [held(.milliseconds(20))], waited: .seconds(1), decision: .begin),
        ]
    )
    func anonymous(row: Row) { check(row) }

    private func check(_ row: Row) {
        var rules = TakeoverRules()
        rules.policy = row.policy
        let places = row.standings.enumerated().map { index, standing in
            Takeover.Place(id: BroadcastID(UInt64(index)), standing: standing)
        }
        #expect(Takeover(rules: rules, limit: row.limit).decide(places, waited: row.waited) == row.decision)
    }
}
