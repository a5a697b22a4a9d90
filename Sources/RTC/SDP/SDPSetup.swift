// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which end begins the DTLS handshake (RFC 8842 §5, RFC 4145 §4).
package enum SDPSetup: String, Hashable, Sendable, BitwiseCopyable {
    /// This end sends the ClientHello.
    case active
    /// This end waits for the ClientHello.
    case passive
    /// Either; the answer decides.
    case actpass

    /// What an answer says to an offer of this value.
    ///
    /// Passive where there is a choice, because OBS on Mbed TLS can't take a ClientHello in fragments. An offer of
    /// `passive` is outside RFC 9725 and FFmpeg's default.
    package var answer: SDPSetup { self == .passive ? .active : .passive }
}
