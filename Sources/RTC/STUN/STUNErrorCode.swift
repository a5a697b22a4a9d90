// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The refusals that ICE sends and understands, and those of TURN servers (RFC 8489 §14.8, RFC 8445 §16.2, RFC 8656 §19).
package struct STUNErrorCode: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number, 300…699.
    package let rawValue: UInt16

    /// Takes any number.
    ///
    /// - Parameter rawValue: the number, 300…699.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The request lacks something.
    package static let badRequest = STUNErrorCode(rawValue: 400)
    /// The user name is not ours, or the integrity doesn't hold.
    package static let unauthenticated = STUNErrorCode(rawValue: 401)
    /// The request carries attributes that must be understood and aren't.
    package static let unknownAttribute = STUNErrorCode(rawValue: 420)
    /// The server does not let this be done.
    package static let forbidden = STUNErrorCode(rawValue: 403)
    /// The server knows no allocation by this 5-tuple, or one already.
    package static let allocationMismatch = STUNErrorCode(rawValue: 437)
    /// The nonce is too old; the answer has a new one.
    package static let staleNonce = STUNErrorCode(rawValue: 438)
    /// The user has as many allocations as the server allows.
    package static let quotaReached = STUNErrorCode(rawValue: 486)
    /// Both sides claim the same role.
    package static let roleConflict = STUNErrorCode(rawValue: 487)
    /// The server has no port left.
    package static let insufficientCapacity = STUNErrorCode(rawValue: 508)

    /// The phrase that goes with the number.
    var reason: StaticString {
        switch self {
        case .badRequest: "Bad Request"
        case .unauthenticated: "Unauthenticated"
        case .unknownAttribute: "Unknown Attribute"
        case .forbidden: "Forbidden"
        case .allocationMismatch: "Allocation Mismatch"
        case .staleNonce: "Stale Nonce"
        case .quotaReached: "Allocation Quota Reached"
        case .roleConflict: "Role Conflict"
        case .insufficientCapacity: "Insufficient Capacity"
        default: ""
        }
    }
}
