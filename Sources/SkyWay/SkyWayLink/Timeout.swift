// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Runs `operation` for at most `limit`, then cancels it and throws `error`.
package func withTimeout<Result: Sendable>(
    _ limit: Duration,
    error: SkyWayError,
    operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw error
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw error }
        return result
    }
}

/// Wakes tasks that wait for a condition of an actor's state.
///
/// A task checks the condition, and waits for the next change when it does not hold; both on the actor, so no change
/// gets lost in between.
package final class StateChanges: Sendable {
    private struct State {
        var nextID = 0
        /// How many changes there were.
        var count = 0
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// How many changes there were so far.
    package var count: Int { state.withLock { $0.count } }

    /// Waits for the next change, or cancellation.
    func next() async throws { try await next(after: count) }

    /// Waits until there were more changes than so many, or cancellation; those that have come meanwhile count.
    package func next(after count: Int) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.count != count { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Waits like ``next(after:)``, but no longer than so long.
    package func next(after count: Int, within limit: Duration) async throws {
        let over = SkyWayError(.timeout, .gateway)
        do {
            try await withTimeout(limit, error: over) { try await self.next(after: count) }
        } catch is SkyWayError {
            // It was long enough.
        }
    }

    /// The state has changed.
    package func wake() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            state.count += 1
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    private func cancel(_ id: Int) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
    }
}
