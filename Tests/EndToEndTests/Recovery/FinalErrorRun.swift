// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What no repetition mends: the broadcast ends at once, and the log says what to do.
struct FinalErrorRun {
    let faults: [String]
    /// What the log has to say.
    let sentence: String

    /// Each of them, by a name for its stage.
    static let all = [
        ("plan", FinalErrorRun(faults: ["drop-sockets code=4291"], sentence: "plan of this SkyWay project is used up")),
        (
            "scope",
            FinalErrorRun(
                faults: [
                    "fail-calls method=addMember code=403 inner=403000 count=100", "remove-member member=studio",
                ],
                sentence: "whose scope allows this"
            )
        ),
    ]

    func expectEnd(named name: String) async throws {
        let (seconds, line) = try await Stage.run("recovery-final-\(name)") { stage in
            let on = try await RecoveryStage(on: stage, seconds: 60)
            try await on.recovers(since: 0, within: .seconds(20))
            let lost = monotonicSeconds()
            for fault in faults { try await on.fault(fault) }
            let line = try await on.end(within: .seconds(20))
            return (monotonicSeconds() - lost, line)
        }
        print("RECOVERY \(faults.joined(separator: ", ")): ended after \(String(format: "%.1f", seconds)) s")
        #expect(seconds <= 5)
        #expect(line.contains(sentence), "\(line)")
    }
}
