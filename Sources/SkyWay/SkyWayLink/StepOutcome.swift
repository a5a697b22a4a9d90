// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The outcome of a step that runs in another task.
final class StepOutcome: Sendable {
    private let state = Mutex<Result<Void, any Error>?>(nil)

    var result: Result<Void, any Error>? { state.withLock { $0 } }

    func finish(_ result: Result<Void, any Error>) {
        state.withLock { $0 = result }
    }
}
