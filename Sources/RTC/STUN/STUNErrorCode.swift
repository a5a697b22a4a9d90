// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The refusals that ICE sends and understands (RFC 8489 §14.8, RFC 8445 §16.2).
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
    /// Both sides claim the same role.
    package static let roleConflict = STUNErrorCode(rawValue: 487)

    /// The phrase that goes with the number.
    var reason: StaticString {
        switch self {
        case .badRequest: "Bad Request"
        case .unauthenticated: "Unauthenticated"
        case .unknownAttribute: "Unknown Attribute"
        case .roleConflict: "Role Conflict"
        default: ""
        }
    }
}
