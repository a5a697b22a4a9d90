// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The requests that have no answer yet.
final class RTCAPIRequests: Sendable {
    private struct Request {
        var text: String
        var isUrgent: Bool
        var continuation: CheckedContinuation<Data, any Error>
    }

    private struct State {
        var requests: [String: Request] = [:]
        /// Ids in the order the requests were made.
        var order: [String] = []

        mutating func remove(_ id: String) -> Request? {
            order.removeAll { $0 == id }
            return requests.removeValue(forKey: id)
        }
    }

    private let state = Mutex(State())

    /// Keeps a request, has it sent by `send` and waits for its answer; cancellation ends the waiting, not the request.
    func perform(id: String, text: String, isUrgent: Bool, send: () -> Void) async throws -> Data {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock {
                    $0.requests[id] = Request(text: text, isUrgent: isUrgent, continuation: continuation)
                    $0.order.append(id)
                }
                send()
                // A cancellation before the request was in the table has found nothing to end.
                if Task.isCancelled { fail(id, CancellationError()) }
            }
        } onCancel: {
            fail(id, CancellationError())
        }
    }

    /// Ends one request; false when it is not known, such as an answer that comes too late.
    @discardableResult
    func succeed(_ id: String, _ answer: Data) -> Bool {
        guard let request = state.withLock({ $0.remove(id) }) else { return false }
        request.continuation.resume(returning: answer)
        return true
    }

    private func fail(_ id: String, _ error: any Error) {
        state.withLock { $0.remove(id) }?.continuation.resume(throwing: error)
    }

    func failAll(_ error: SkyWayError) {
        let requests = state.withLock { state in
            defer { state = State() }
            return state.requests
        }
        for request in requests.values { request.continuation.resume(throwing: error) }
    }

    /// What is to be sent of a request; nil where it is not waited for any more.
    func text(of id: String) -> String? { state.withLock { $0.requests[id]?.text } }

    /// All unfinished requests, oldest first.
    var unfinished: [(id: String, isUrgent: Bool)] {
        state.withLock { state in state.order.compactMap { id in state.requests[id].map { (id, $0.isUrgent) } } }
    }
}
