// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The ICE session of a WHIP or WHEP session, as HTTP sees it (RFC 9725 §4.3.1).
///
/// It is named by an entity tag and by the peer's user name fragment, and decides what a PATCH is: candidates for it,
/// an ICE restart, or something that came too late.
package struct ICEResource: Sendable {
    /// What a PATCH asks for.
    package enum Request: Hashable, Sendable {
        /// Candidates of the present ICE session.
        case trickle
        /// A new ICE session.
        case restart
    }

    /// Why a PATCH is refused.
    package enum Refusal: Error, Hashable, Sendable {
        /// It has no `If-Match` (428).
        case preconditionRequired
        /// It is about another ICE session than the present one (412).
        case preconditionFailed
        /// It does not say which ICE session it is about (400).
        case missingCredentials
    }

    /// How many former ICE sessions are remembered.
    private static let maximumFormer = 16

    /// Names the present ICE session.
    package private(set) var tag: EntityTag
    /// The peer's user name fragment in it.
    private var peer: String
    /// The peer's user name fragments before.
    private var former: [String] = []

    /// Makes the first ICE session.
    ///
    /// - Parameters:
    ///   - peer: the user name fragment of the offer.
    ///   - tag: its tag.
    package init(peer: String, tag: EntityTag = .make()) {
        self.peer = peer
        self.tag = tag
    }

    /// Decides what a PATCH asks for.
    ///
    /// The user name fragment decides between candidates and restart, whatever the header says: a restart changes it
    /// (RFC 8839 §4.4.1.1.1), and the password of a fragment that did not change means nothing.
    ///
    /// - Parameters:
    ///   - peer: the user name fragment that it has; `nil` for none.
    ///   - condition: its `If-Match`.
    ///   - isStrict: whether it must have both.
    /// - Returns: what it asks for.
    /// - Throws: why it is refused.
    package func judge(
        peer: String?,
        condition: EntityTagCondition?,
        isStrict: Bool
    ) throws(Refusal) -> Request {
        if let condition {
            guard condition.holds(for: tag) else { throw .preconditionFailed }
        } else if isStrict {
            throw .preconditionRequired
        }
        guard let peer else {
            if isStrict { throw .missingCredentials }
            return .trickle
        }
        if peer == self.peer { return .trickle }
        // Sent before a restart, and overtaken by it.
        guard !former.contains(peer) else { throw .preconditionFailed }
        return .restart
    }

    /// Begins another ICE session.
    ///
    /// - Parameters:
    ///   - peer: the peer's new user name fragment.
    ///   - tag: the new session's tag.
    package mutating func restart(peer: String, tag: EntityTag = .make()) {
        former.append(self.peer)
        if former.count > Self.maximumFormer { former.removeFirst() }
        self.peer = peer
        self.tag = tag
    }
}
