// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Who publishes, as far as that can be told.
package enum PublisherIdentity: Hashable, Sendable {
    /// Whoever has the stream key of this id.
    case key(String)
    /// Whom an issuer of JSON Web Tokens calls so.
    case subject(String, issuer: String)
    /// Whom the hook calls so.
    case named(String)
    /// Whoever has this bearer token; the digest of it, from which nobody finds the token.
    case token([UInt8])
    /// Somebody without key or token, by where the request comes from and what the program calls itself: perhaps the
    /// same as before, and perhaps another one beside it.
    case anonymous(address: String?, userAgent: String?)

    /// Whether two of them may be two publishers.
    package var isAnonymous: Bool {
        if case .anonymous = self { true } else { false }
    }

    /// What the log calls it; `nil` where there is nothing that an operator would know again.
    package var logText: String? {
        switch self {
        case .key(let id): "key \(id)"
        case .subject(let subject, _): "subject \(subject.prefix(64))"
        case .named(let name): "publisher \(name.prefix(64))"
        case .token, .anonymous: nil
        }
    }
}
