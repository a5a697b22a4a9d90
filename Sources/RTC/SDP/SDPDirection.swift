// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which way media goes, as the end that says it sees it (RFC 8866 §6.7).
package enum SDPDirection: String, Hashable, Sendable, BitwiseCopyable {
    /// Both ways; what is meant where nothing is said.
    case sendrecv
    /// This end only sends.
    case sendonly
    /// This end only receives.
    case recvonly
    /// Neither way.
    case inactive

    /// Whether the end that says it may send.
    package var sends: Bool { self == .sendrecv || self == .sendonly }
    /// Whether the end that says it may receive.
    package var receives: Bool { self == .sendrecv || self == .recvonly }
}
