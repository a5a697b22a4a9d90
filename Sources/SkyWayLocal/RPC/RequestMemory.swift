// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The answers to requests that changed something, by the context that asked and the request's text.
///
/// After a reconnection the SDK sends unanswered requests again, word for word (protocol page §2.8); without this
/// memory a member would be added twice. Only whole repetitions count: another request under an old id is new.
/// Bounded in contexts, in answers per context and in bytes; the oldest go first.
struct RequestMemory: Sendable {
    /// What a request was answered with.
    struct Answer: Sendable {
        let text: String
        /// The channels that its socket began to listen to, each at its version then.
        let listening: [String: Int]
    }

    private struct Context: Sendable {
        var answers: [Int: Answer] = [:]
        var order: [Int] = []
    }

    private let maximumContexts: Int
    private let maximumAnswers: Int
    private let maximumBytes: Int
    private var contexts: [String: Context] = [:]
    private var order: [String] = []
    private var bytes = 0

    /// Makes an empty memory.
    ///
    /// - Parameters:
    ///   - maximumContexts: how many contexts are remembered.
    ///   - maximumAnswers: how many answers of each.
    ///   - maximumBytes: how long all answers are together.
    init(maximumContexts: Int = 1024, maximumAnswers: Int = 128, maximumBytes: Int = 8 << 20) {
        self.maximumContexts = maximumContexts
        self.maximumAnswers = maximumAnswers
        self.maximumBytes = maximumBytes
    }

    /// The answer a context got for the same text before.
    func answer(to request: String, context: String) -> Answer? {
        contexts[context]?.answers[request.hashValue]
    }

    /// Remembers an answer, unless it alone is longer than all may be.
    mutating func remember(_ answer: Answer, to request: String, context: String) {
        let key = request.hashValue
        guard contexts[context]?.answers[key] == nil, answer.text.utf8.count <= maximumBytes else { return }
        if contexts[context] == nil {
            if order.count == maximumContexts { forgetOldestContext() }
            order.append(context)
        }
        contexts[context, default: Context()].answers[key] = answer
        contexts[context, default: Context()].order.append(key)
        bytes += answer.text.utf8.count
        if contexts[context, default: Context()].order.count > maximumAnswers { forgetOldestAnswer(of: context) }
        while bytes > maximumBytes, let oldest = order.first { forgetOldestAnswer(of: oldest) }
    }

    private mutating func forgetOldestContext() {
        guard let oldest = order.first else { return }
        while order.first == oldest { forgetOldestAnswer(of: oldest) }
    }

    /// Forgets a context's oldest answer, and with its last one the context.
    private mutating func forgetOldestAnswer(of context: String) {
        guard var remembered = contexts.removeValue(forKey: context) else { return }
        let answer = remembered.answers.removeValue(forKey: remembered.order.removeFirst())
        bytes -= answer?.text.utf8.count ?? 0
        if remembered.order.isEmpty {
            order.removeAll { $0 == context }
        } else {
            contexts[context] = remembered
        }
    }
}
