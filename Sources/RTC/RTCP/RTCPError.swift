// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not an RTCP compound.
package enum RTCPError: Error, Hashable, Sendable, BitwiseCopyable {
    /// Nothing, or less than one header.
    case truncated
    /// A version other than 2.
    case wrongVersion
    /// A packet type outside 192–223 (RFC 5761 §4).
    case wrongType
    /// A packet reaches past the end of the datagram.
    case wrongLength
    /// Padding in a packet that is not the last, or a count of it that can't be (RFC 3550 §6.4.1).
    case badPadding
}
