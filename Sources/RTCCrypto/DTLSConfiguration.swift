// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a ``DTLSConnection`` needs to know.
package struct DTLSConfiguration: Sendable {
    /// Which side we are.
    package var role: DTLSRole

    /// Who we are.
    package var certificate: Certificate

    /// Who the peer may be: one match is enough, and without any nobody is accepted (RFC 8122 §5).
    package var expectedFingerprints: [CertificateFingerprint]

    /// The SRTP profiles we take, best first; as a server our order counts.
    package var profiles: [SRTPProfile]

    /// The largest datagram we send.
    package var mtu: Int = 1200

    /// The time until a flight is sent again, and then once more; from the third repetition on it doubles each time, up
    /// to ``DTLSConnection/longestTimeout``.
    ///
    /// RFC 6347 §4.2.4.1 says 1 s where nothing is known of the path. Never under 20 ms, since OpenSSL takes the last
    /// 15 ms of a timeout for its end.
    package var firstTimeout: Duration = .seconds(1)

    /// Makes a configuration with the usual MTU and timeout.
    package init(
        role: DTLSRole,
        certificate: Certificate,
        expectedFingerprints: [CertificateFingerprint],
        profiles: [SRTPProfile] = SRTPProfile.preferred
    ) {
        self.role = role
        self.certificate = certificate
        self.expectedFingerprints = expectedFingerprints
        self.profiles = profiles
    }
}
