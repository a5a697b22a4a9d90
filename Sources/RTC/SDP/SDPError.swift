// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why a session description was not taken.
///
/// The message is one sentence that a broadcaster can act on; `==` looks at the code alone.
package struct SDPError: Error, Sendable {
    /// The kinds of refusal; each has its place in the table of HTTP answers.
    package enum Code: Hashable, Sendable, CaseIterable {
        /// The text is not SDP.
        case malformed
        /// The text, or a list in it, is longer than we take.
        case tooLarge
        /// Nothing to publish or to watch is in it.
        case noMedia
        /// An m-section has no codec that the other side takes.
        case noCommonCodec
        /// An m-section goes the wrong way.
        case inadmissibleDirection
        /// More than one audio or video track.
        case secondTrack
        /// Tracks of more than one media stream.
        case secondStream
        /// No ICE user name fragment or password.
        case missingCredentials
        /// No certificate fingerprint that we can check.
        case missingFingerprint
        /// Two m-sections with a transport each.
        case notBundled
        /// Not DTLS-SRTP with RTP and RTCP on one port.
        case unsupportedTransport
        /// Layers that can't be taken as a whole.
        case simulcast
        /// An answer that does not fit the offer.
        case unexpectedAnswer
    }

    /// The kind of refusal.
    package var code: Code
    /// What is wrong and what to do, in one sentence.
    package var message: String

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: the kind of refusal.
    ///   - message: what is wrong and what to do, in one sentence.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the text itself is bad (400), rather than what it asks for (422).
    package var isMalformed: Bool { code == .malformed || code == .tooLarge }
}

extension SDPError: Hashable {
    package static func == (left: SDPError, right: SDPError) -> Bool { left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension SDPError: CustomStringConvertible {
    package var description: String { message }
}
