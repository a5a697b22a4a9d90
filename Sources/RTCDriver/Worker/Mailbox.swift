// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The one way into a worker from outside: jobs in the order they were posted, and a signal that ends its wait.
final class Mailbox<Owner>: Sendable {
    /// Runs on the owner's thread with the owner, or without it, wherever it may be, once the mailbox is closed.
    typealias Job = @Sendable (Owner?) -> Void

    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    private enum Outcome {
        case first
        case queued
        case refused
    }

    /// Ends the owner's wait.
    let wakeUp: WakeUp
    private let state = Mutex(State())

    /// Makes an empty box.
    ///
    /// - Parameter usesPortableCalls: whether to do without the calls that only Linux has.
    /// - Throws: `SocketError`.
    init(usesPortableCalls: Bool = Platform.hasOnlyPortableCalls) throws(SocketError) {
        wakeUp = try WakeUp(usesPortableCalls: usesPortableCalls)
    }

    /// Puts a job in the box; once the box is closed, tells the job so at once.
    func post(_ job: @escaping Job) {
        let outcome = state.withLock { state -> Outcome in
            guard !state.isClosed else { return .refused }
            state.jobs.append(job)
            return state.jobs.count == 1 ? .first : .queued
        }
        switch outcome {
        case .first: wakeUp.signal()
        case .queued: break
        case .refused: job(nil)
        }
    }

    /// Takes out all jobs; the owner calls it on its thread after each signal.
    func take() -> [Job] {
        state.withLock { state in
            let jobs = state.jobs
            state.jobs = []
            return jobs
        }
    }

    /// Refuses further jobs and hands back those that were not taken.
    func close() -> [Job] {
        state.withLock { state in
            state.isClosed = true
            let jobs = state.jobs
            state.jobs = []
            return jobs
        }
    }
}
