// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The answers to requests that changed something, by the context that asked and the request's text.
///
/// After a reconnection the SDK sends unanswered requests again, word for word (protocol page §2.8); without this
/// memory a member would be added twice. Only whole repetitions count: another request under an old id is new.
/// Bounded in contexts and in answers per context; the oldest go first.
struct RequestMemory: Sendable {
    private struct Context: Sendable {
        var answers: [Int: String] = [:]
        var order: [Int] = []
    }

    private let maximumContexts: Int
    private let maximumAnswers: Int
    private var contexts: [String: Context] = [:]
    private var order: [String] = []

    /// Makes an empty memory.
    ///
    /// - Parameters:
    ///   - maximumContexts: how many contexts are remembered.
    ///   - maximumAnswers: how many answers of each.
    init(maximumContexts: Int = 1024, maximumAnswers: Int = 128) {
        self.maximumContexts = maximumContexts
        self.maximumAnswers = maximumAnswers
    }

    /// The answer a context got for the same text before.
    func answer(to request: String, context: String) -> String? {
        contexts[context]?.answers[request.hashValue]
    }

    /// Remembers an answer.
    mutating func remember(_ answer: String, to request: String, context: String) {
        if contexts[context] == nil {
            if order.count == maximumContexts { contexts[order.removeFirst()] = nil }
            order.append(context)
        }
        let key = request.hashValue
        var remembered = contexts[context, default: Context()]
        if remembered.answers.updateValue(answer, forKey: key) == nil { remembered.order.append(key) }
        if remembered.order.count > maximumAnswers { remembered.answers[remembered.order.removeFirst()] = nil }
        contexts[context] = remembered
    }
}
