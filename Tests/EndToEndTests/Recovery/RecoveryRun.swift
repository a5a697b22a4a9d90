// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

/// Faults one after another around one broadcast, each measured from its loss until all moves again.
struct RecoveryRun {
    let name: String
    let faults: [RecoveryFault]
    /// How long is watched after a fault is over, for what comes late.
    var settling = 2.0
    var settings: [String: String] = [:]

    /// What came of one fault.
    struct Row {
        let fault: RecoveryFault
        /// The longest time for which the picture stood; 0 where that is no longer than half a second.
        let standing: Double
        /// How long it stood after what was lost was back.
        let standingAfter: Double
        /// After how long it was live again; nil where it was so all the time.
        let live: Double?
        let resubscriptions: Int
        let keptMember: Bool
        let keptPublications: Bool
    }

    /// How long a fault may take until all is well again before the run gives up.
    private static let patience = Duration.seconds(40)

    /// How far recoveries are apart that have nothing to do with each other: one that begins within 10 s of the one before
    /// waits, since somebody may break the same thing again and again.
    static let apart = 9.5

    /// Runs it so many times, checks each, and prints the worst of each fault as a table.
    func repeated(_ count: Int) async throws {
        var table = RecoveryTable()
        for _ in 1...count {
            let rows = try await rows()
            for row in rows { row.expectGoal() }
            table.add(rows)
        }
        print("RECOVERY, the worst of \(count) runs\n\(table.text)")
    }

    func rows() async throws -> [Row] {
        try await Stage.run("recovery-\(name)") { stage in
            let on = try await RecoveryStage(on: stage, seconds: 280, settings: settings)
            try await on.recovers(since: 0, within: Self.patience)
            try await on.pause(settling)
            var rows: [Row] = []
            for fault in faults {
                do {
                    let row = try await measure(fault, on)
                    print(row.text)
                    rows.append(row)
                } catch {
                    throw StageError("after “\(fault.name)”: \(error)")
                }
            }
            return rows
        }
    }

    private func measure(_ fault: RecoveryFault, _ on: RecoveryStage) async throws -> Row {
        let (before, subscriptions) = (try on.room(), on.subscriptions)
        let loss = try await fault.make(on)
        let reference = loss.back ?? loss.at
        // The first signs of a loss may take a moment.
        try await on.pause(0.5)
        try await on.recovers(since: reference + 0.4, within: Self.patience)
        try await on.pause(settling)
        // What was lost silently may have been noticed only now.
        try await on.recovers(since: monotonicSeconds() - 1, within: Self.patience)
        try await on.clearCallFaults()
        let gaps = on.gaps(since: loss.at)
        let states = on.states(since: loss.at)
        let after = try on.room()
        return Row(
            fault: fault,
            standing: gaps.map(\.seconds).max() ?? 0,
            standingAfter: max(0, (gaps.map(\.until).max() ?? 0) - reference),
            live: states.last { $0.state == "live" }.map { $0.at - reference },
            resubscriptions: on.subscriptions - subscriptions,
            keptMember: before.publishers == after.publishers,
            keptPublications: before.origins == after.origins
        )
    }
}

extension RecoveryRun.Row {
    /// Checks that it came out as the fault says.
    func expectGoal() {
        switch fault.goal {
        case .unnoticed: #expect(standing == 0, "\(text)")
        case .back(let seconds): #expect(standingAfter <= seconds, "\(text)")
        case .live(let seconds): #expect((live ?? standingAfter) <= seconds, "\(text)")
        }
        if fault.keepsSubscriptions {
            #expect(resubscriptions == 0 && keptMember && keptPublications, "\(text)")
        }
    }

    var text: String {
        let kept = "member \(keptMember ? "kept" : "new"), publications \(keptPublications ? "kept" : "new")"
        return """
            RECOVERY \(fault.name): stood \(standing.tenths) s, \(standingAfter.tenths) s after it was back; live \
            \(live.map { "after \($0.tenths) s" } ?? "all the time"); \(resubscriptions) new subscriptions, \(kept)
            """
    }
}

extension Double {
    fileprivate var tenths: String { String(format: "%.1f", self) }
}

/// The rows of several runs, as the table of the documentation has them: the worst of each.
struct RecoveryTable {
    private var runs: [[RecoveryRun.Row]] = []

    mutating func add(_ rows: [RecoveryRun.Row]) { runs.append(rows) }

    var text: String {
        guard let first = runs.first else { return "" }
        var lines = [
            "| fault | how it is made | picture stands | viewer subscribes again | live again |",
            "|---|---|---|---|---|",
        ]
        for (index, row) in first.enumerated() {
            let rows = runs.compactMap { $0.indices.contains(index) ? $0[index] : nil }
            let standing = rows.map { row.isTimedFromReturn ? $0.standingAfter : $0.standing }.max() ?? 0
            let live = rows.compactMap(\.live).max()
            let back = row.isTimedFromReturn && standing > 0 ? " after it is back" : ""
            let liveText = live.map { $0 < 0 ? "before it is back" : "\($0.tenths) s" } ?? "all the time"
            let again = rows.contains { $0.resubscriptions > 0 } ? "yes" : "no"
            lines.append(
                "| \(row.fault.name) | \(row.fault.knob) | \(standing.tenths) s\(back) | \(again) | \(liveText) |"
            )
        }
        return lines.joined(separator: "\n")
    }
}

extension RecoveryRun.Row {
    /// Whether what counts is the time after what was lost is back.
    fileprivate var isTimedFromReturn: Bool {
        if case .back = fault.goal { return true }
        return false
    }
}
