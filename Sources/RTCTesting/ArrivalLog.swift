// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What has come so far, in its order, for tests that wait for more of it; written from any thread.
package final class ArrivalLog<Element: Sendable>: Sendable {
    private struct Waiting {
        let count: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var elements: [Element] = []
        var waiting: [Int: Waiting] = [:]
        var waits = 0
    }

    private let state = Mutex(State())

    /// Makes an empty log.
    package init() {}

    /// All that has come.
    package var elements: [Element] { state.withLock(\.elements) }

    /// How many have come.
    package var count: Int { state.withLock { $0.elements.count } }

    /// Notes one more.
    package func append(_ element: Element) {
        let ready = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
            state.elements.append(element)
            guard !state.waiting.isEmpty else { return [] }
            let count = state.elements.count
            let ready = state.waiting.filter { $0.value.count <= count }
            for id in ready.keys { state.waiting[id] = nil }
            return ready.values.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Returns once so many have come in all.
    ///
    /// - Parameter count: how many.
    /// - Throws: `CancellationError` when the task is cancelled meanwhile, as by a test's time limit.
    package func reaches(_ count: Int) async throws {
        let id = state.withLock { state in
            state.waits += 1
            return state.waits
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isReached = state.withLock { state in
                    guard !Task.isCancelled, state.elements.count < count else { return true }
                    state.waiting[id] = Waiting(count: count, continuation: continuation)
                    return false
                }
                if isReached { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { $0.waiting.removeValue(forKey: id) }
            waiting?.continuation.resume(throwing: CancellationError())
        }
        try Task.checkCancellation()
    }
}
