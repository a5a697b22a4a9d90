// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which side of a DTLS handshake speaks first (SDP's `setup:active` is the client).
package enum DTLSRole: Hashable, Sendable {
    case client
    case server
}

/// How far a DTLS connection is.
package enum DTLSState: Hashable, Sendable {
    /// The handshake has not ended, or not begun.
    case handshaking
    /// The peer is who it should be; here are the keys.
    case connected(SRTPKeyingMaterial)
    /// One side said `close_notify`.
    case closed
    /// The handshake or the connection broke.
    case failed(DTLSFailure)
}

/// Why a DTLS connection broke.
package enum DTLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer's certificate has none of the expected fingerprints.
    case fingerprintMismatch
    /// The peer offers, or chose, no SRTP profile of ours.
    case noCommonProfile
    /// Everything was repeated until OpenSSL gave up.
    case timeout
    /// The peer or OpenSSL broke off, in OpenSSL's words.
    case handshake(String)

    package var description: String {
        switch self {
        case .fingerprintMismatch: "the peer's certificate is not the one that was signalled"
        case .noCommonProfile: "no SRTP profile in common"
        case .timeout: "no answer to the DTLS handshake"
        case .handshake(let reason): reason.isEmpty ? "the DTLS handshake broke" : reason
        }
    }
}
