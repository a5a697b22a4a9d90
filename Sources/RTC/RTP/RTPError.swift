// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not an RTP packet.
package enum RTPError: Error, Hashable, Sendable, BitwiseCopyable {
    /// The version is not 2.
    case wrongVersion
    /// The packet ends before its header does.
    case truncated
    /// The padding is empty, or longer than what follows the header (RFC 3550 §5.1).
    case badPadding
}
