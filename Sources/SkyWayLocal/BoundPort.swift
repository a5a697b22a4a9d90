// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A port that somebody waits for while a server starts.
final class BoundPort: Sendable {
    /// The server ended before it was bound.
    struct NeverBound: Error {}

    private enum State {
        case waiting([CheckedContinuation<Int, any Error>])
        case bound(Int)
        case failed
    }

    private let state = Mutex(State.waiting([]))

    /// The port, once there is one.
    var value: Int {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let known: Result<Int, any Error>? = state.withLock { state in
                    switch state {
                    case .waiting(let waiting):
                        state = .waiting(waiting + [continuation])
                        return nil
                    case .bound(let port): return .success(port)
                    case .failed: return .failure(NeverBound())
                    }
                }
                if let known { continuation.resume(with: known) }
            }
        }
    }

    /// The server is bound.
    func succeed(_ port: Int) { settle(.bound(port), with: .success(port)) }

    /// The server has ended; who still waits hears so.
    func fail() { settle(.failed, with: .failure(NeverBound())) }

    private func settle(_ settled: State, with result: Result<Int, any Error>) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [CheckedContinuation<Int, any Error>]() }
            state = settled
            return waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }
}
