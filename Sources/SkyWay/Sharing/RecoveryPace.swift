// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Spreads in time what the links of a process do when all of them have lost something at once, such as when a region
/// of SkyWay restarts.
///
/// One link alone never waits. What publishers begin anew is not spread: they wait for an answer.
package final class RecoveryPace: Sendable {
    private let machine: Mutex<RecoveryPaceStateMachine>
    private let changes = StateChanges()

    /// Makes a pace for the links of a process.
    package convenience init() { self.init(RecoveryPaceStateMachine.Limits()) }

    init(_ limits: RecoveryPaceStateMachine.Limits) { machine = Mutex(RecoveryPaceStateMachine(limits)) }

    /// How long a link waits before it makes its connection to the RTC API again.
    func waitForConnection() -> Duration { reserve(.connection) }

    /// Makes something anew in a room or at the SFU, once it is this one's turn.
    ///
    /// - Parameter recovery: what is to be done; it should end within 10 s, or others go on beside it.
    /// - Returns: what it returns.
    /// - Throws: what `recovery` throws, or `CancellationError`.
    package func recover<Result: Sendable>(_ recovery: () async throws -> Result) async throws -> Result {
        try await Task.sleep(for: reserve(.recovery))
        let id = try await begin()
        defer {
            machine.withLock { $0.end(id) }
            changes.wake()
        }
        return try await recovery()
    }

    private func reserve(_ kind: RecoveryPaceStateMachine.Kind) -> Duration {
        machine.withLock { $0.reserve(kind, at: .now, jitter: .random(in: 0..<1)) }
    }

    private func begin() async throws -> Int {
        while true {
            try Task.checkCancellation()
            let ends = changes.count
            if let id = machine.withLock({ $0.begin(at: .now) }) { return id }
            try await changes.next(after: ends, within: machine.withLock { $0.wait(at: .now) })
        }
    }
}
