// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The TCP port at which publishers' media is taken (RFC 6544, passive).
package enum MediaTCPPort: Hashable, Sendable {
    /// None: publishers need UDP.
    case off
    /// The number of the UDP port; done without where somebody else has it.
    case sameAsUDP
    /// A number of its own, the first of as many as there are workers; 0 for any.
    case number(UInt16)
}
