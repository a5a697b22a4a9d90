// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why something could not be published, with a sentence for the person who wanted it.
package struct WHIPError: Error, Sendable {
    /// The kinds of failure.
    package enum Code: Hashable, Sendable {
        /// The endpoint's address is none.
        case invalidAddress
        /// Nobody answers at the endpoint's address.
        case unreachable
        /// The endpoint did not answer in time.
        case timedOut
        /// A redirection that can't be followed.
        case redirect
        /// The endpoint refused with this status.
        case refused(status: Int)
        /// The endpoint's answer is not one of WHIP.
        case badAnswer
        /// The media can't be played.
        case media
        /// This side failed to open a session.
        case session
    }

    /// The kind of failure.
    package var code: Code
    /// What happened and, where that is known, what to do.
    package var message: String
    /// How long the endpoint asks to wait before another try.
    package var retryAfter: Duration?

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: the kind of failure.
    ///   - message: what happened, in a sentence.
    ///   - retryAfter: how long the endpoint asks to wait.
    package init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Whether the same request may succeed later without anybody changing anything here.
    package var isRetryable: Bool {
        switch code {
        case .unreachable, .timedOut, .session: true
        case .refused(let status): [404, 408, 409, 425, 429].contains(status) || status >= 500
        case .invalidAddress, .redirect, .badAnswer, .media: false
        }
    }
}

extension WHIPError: Hashable {
    package static func == (left: WHIPError, right: WHIPError) -> Bool { left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension WHIPError: CustomStringConvertible {
    package var description: String { message }
}
