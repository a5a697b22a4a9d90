// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a STUN message is for: the two class bits of its type (RFC 8489 §5).
package enum STUNMessageClass: UInt16, Hashable, Sendable {
    /// Asks for an answer.
    case request = 0x000
    /// Asks for nothing.
    case indication = 0x010
    /// Answers a request that was carried out.
    case success = 0x100
    /// Answers a request that was refused.
    case error = 0x110
}

/// The role an agent claims in a check, with its tie-breaker (RFC 8445 §7.1.3).
package enum STUNRole: Hashable, Sendable {
    /// ICE-CONTROLLING.
    case controlling(tieBreaker: UInt64)
    /// ICE-CONTROLLED.
    case controlled(tieBreaker: UInt64)
}
