// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// What this end tells a peer of its transport: credentials, certificate, addresses.
package struct SDPLocalTransport: Hashable, Sendable {
    /// The number in the `o=` line; a random one for each session (RFC 8829 §5.2.1).
    package var sessionID: UInt64
    /// The ICE credentials of this end.
    package var credentials: ICECredentials
    /// The fingerprint of this end's certificate.
    package var fingerprint: CertificateFingerprint
    /// Where this end may be reached, best first; written with those by UDP first, then those by TCP.
    package var candidates: [ICECandidate]
    /// Whether this end only answers checks (RFC 8445 §2.5).
    package var isLite: Bool

    /// Makes a transport's description.
    ///
    /// - Parameters:
    ///   - sessionID: a random number.
    ///   - credentials: the ICE credentials.
    ///   - fingerprint: the certificate's fingerprint.
    ///   - candidates: every address; the list is complete.
    ///   - isLite: whether this end only answers checks.
    package init(
        sessionID: UInt64,
        credentials: ICECredentials,
        fingerprint: CertificateFingerprint,
        candidates: [ICECandidate],
        isLite: Bool
    ) {
        // Half of the range, since the number is a signed one for some readers.
        self.sessionID = sessionID & (.max >> 1)
        self.credentials = credentials
        self.fingerprint = fingerprint
        self.candidates = candidates
        self.isLite = isLite
    }

    /// The candidates in the order that FFmpeg needs, which takes the first host candidate alone, and gives up where
    /// that is none by UDP.
    package var orderedCandidates: [ICECandidate] {
        [.udp, .tcp].flatMap { transport in candidates.filter { $0.address.transport == transport } }
    }
}

/// What a peer told of its transport.
package struct SDPRemoteTransport: Hashable, Sendable {
    /// The ICE credentials of the peer.
    package var credentials: ICECredentials
    /// The fingerprints of which the peer's certificate must have one.
    package var fingerprints: [CertificateFingerprint]
    /// Where the peer may be reached; many publishers tell nothing here.
    package var candidates: [ICECandidate]
    /// Whether the peer only answers checks.
    package var isLite: Bool
    /// The part of this end in the DTLS handshake.
    package var localRole: DTLSRole
}
