// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The requests that have no answer yet.
final class RTCAPIRequests: Sendable {
    private struct Request {
        var text: String
        var isUrgent: Bool
        /// Who waits for the answer, once somebody does.
        var continuation: CheckedContinuation<Data, any Error>?
        /// What has come before anybody waited for it.
        var result: Result<Data, any Error>?
    }

    private struct State {
        var requests: [String: Request] = [:]
        /// Ids in the order the requests were made.
        var order: [String] = []

        mutating func remove(_ id: String) -> Request? {
            order.removeAll { $0 == id }
            return requests.removeValue(forKey: id)
        }

        /// Ends a request; returns who is to be told.
        mutating func finish(
            _ id: String,
            _ result: Result<Data, any Error>
        ) -> CheckedContinuation<Data, any Error>? {
            guard let request = requests[id] else { return nil }
            if request.continuation != nil { return remove(id)?.continuation }
            requests[id]?.result = request.result ?? result
            return nil
        }
    }

    private let state = Mutex(State())

    /// Keeps a request, so that its answer is known whenever it comes; `answer(of:)` has to follow.
    func begin(_ id: String, text: String, isUrgent: Bool) {
        state.withLock {
            $0.requests[id] = Request(text: text, isUrgent: isUrgent)
            $0.order.append(id)
        }
    }

    /// Waits for the answer to a request that has begun; cancellation ends the waiting, not the request.
    func answer(of id: String) async throws -> Data {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Data, any Error>? = state.withLock { state in
                    guard let request = state.requests[id] else { return .failure(CancellationError()) }
                    if request.result != nil { return state.remove(id)?.result }
                    state.requests[id]?.continuation = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
                // A cancellation before anybody waited has found nobody to tell.
                if Task.isCancelled { finish(id, .failure(CancellationError())) }
            }
        } onCancel: {
            finish(id, .failure(CancellationError()))
        }
    }

    /// Ends one request; one that is not known, such as with an answer that comes too late, is passed over.
    func succeed(_ id: String, _ answer: Data) { finish(id, .success(answer)) }

    private func finish(_ id: String, _ result: Result<Data, any Error>) {
        state.withLock { $0.finish(id, result) }?.resume(with: result)
    }

    /// Ends all of them.
    func failAll(_ error: SkyWayError) {
        for (id, _) in unfinished { finish(id, .failure(error)) }
    }

    /// What is to be sent of a request; nil where it is not waited for any more.
    func text(of id: String) -> String? {
        state.withLock { state in state.requests[id].flatMap { $0.result == nil ? $0.text : nil } }
    }

    /// All unfinished requests, oldest first.
    var unfinished: [(id: String, isUrgent: Bool)] {
        state.withLock { state in
            state.order.compactMap { id in
                guard let request = state.requests[id], request.result == nil else { return nil }
                return (id, request.isUrgent)
            }
        }
    }
}
