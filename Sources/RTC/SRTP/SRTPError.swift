// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why a packet was not protected or unprotected; a packet that arrived with one is dropped.
package enum SRTPError: Error, Hashable, CaseIterable, Sendable {
    /// Too short for its headers, tag and index.
    case malformed
    /// The tag is wrong: not from the peer, or damaged.
    case authenticationFailed
    /// A packet with this index has passed already.
    case replayed
    /// The index lies before the replay window.
    case tooOld
    /// One SSRC more than a session takes.
    case tooManyStreams
    /// An SRTCP packet without encryption, which no profile of ours allows.
    case notEncrypted
    /// The buffer can't take the protected packet.
    case noRoom
    /// The stream has used all its indices; only a new key would help (RFC 3711 §9.2).
    case exhausted
    /// OpenSSL failed; not the peer's doing.
    case cipherFailed
}
