// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why some bytes are not a STUN message.
package enum STUNError: Error, Hashable, Sendable {
    /// Too short, no magic cookie, or a length that doesn't fit the datagram.
    case notSTUN
    /// An attribute runs past the end, has a size that is not its own, or follows FINGERPRINT.
    case malformedAttribute
    /// More attributes than any message of ICE carries.
    case tooManyAttributes
    /// FINGERPRINT doesn't fit the bytes.
    case fingerprintMismatch
}
