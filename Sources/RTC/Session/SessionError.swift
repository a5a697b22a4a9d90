// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What the owner of a session asked for and can't have.
package enum SessionError: Error, Hashable, Sendable {
    /// The session has as many tracks or streams as it may have.
    case tooManyTracks
    /// The SSRC is in use already.
    case duplicateStream(UInt32)
    /// The security parameters were given before and are others now.
    case alreadyConnected
    /// The certificate or the library could not be used; the text is OpenSSL's.
    case crypto(String)
    /// The session has ended.
    case closed
}
