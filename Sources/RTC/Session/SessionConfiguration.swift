// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// How a session is secured: which side speaks first, and who the peer must be.
package struct DTLSParameters: Sendable {
    /// Our role in the handshake.
    package var role: DTLSRole
    /// The fingerprints of which the peer's certificate must match one.
    package var fingerprints: [CertificateFingerprint]
    /// The SRTP profiles that may be agreed on, best first.
    package var profiles: [SRTPProfile]

    /// What a server prefers: authenticated encryption first, because it is cheaper.
    package static let serverProfiles: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMHMACSHA1_80]
    /// What a client offers.
    package static let clientProfiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMHMACSHA1_80]

    /// Makes the parameters.
    ///
    /// - Parameters:
    ///   - role: our role.
    ///   - fingerprints: of which the peer's certificate must match one.
    ///   - profiles: best first; by default what the role usually takes.
    package init(
        role: DTLSRole,
        fingerprints: [CertificateFingerprint],
        profiles: [SRTPProfile]? = nil
    ) {
        self.role = role
        self.fingerprints = fingerprints
        self.profiles = profiles ?? (role == .server ? Self.serverProfiles : Self.clientProfiles)
    }
}

/// When a session is given up because nothing valid comes any more.
package struct Liveness: Sendable, BitwiseCopyable {
    /// How long the session lives after valid SRTP or SRTCP.
    package var media: Duration
    /// How long it lives after an authenticated Binding request, or after its beginning.
    package var binding: Duration
    /// How long it may take until keys exist, whatever else comes.
    package var handshake: Duration

    /// Makes a policy.
    ///
    /// - Parameters:
    ///   - media: how long the session lives after valid SRTP or SRTCP.
    ///   - binding: how long it lives after an authenticated Binding request, or after its beginning.
    ///   - handshake: how long it may take until keys exist, whatever else comes.
    package init(
        media: Duration = .seconds(15),
        binding: Duration = .seconds(30),
        handshake: Duration = .seconds(30)
    ) {
        self.media = media
        self.binding = binding
        self.handshake = handshake
    }
}

/// What a session is made from.
package struct SessionConfiguration: Sendable {
    /// The part a session plays in connectivity establishment.
    package enum Connectivity: Sendable {
        /// Answers checks by our credentials, as a server that every peer can reach (RFC 8445 §2.5).
        case lite(ICECredentials, ICERules)
        /// Checks the candidates of the peer and nominates a pair.
        case controlling(ICEControllingConfiguration)
    }

    /// The part played in connectivity establishment.
    package var connectivity: Connectivity
    /// The certificate shown to the peer.
    package var certificate: Certificate
    /// How the session is secured; `nil` when that is told later by `connect(_:)`.
    package var dtls: DTLSParameters?
    /// When the session is given up; `nil` when only its owner ends it.
    package var liveness: Liveness?
    /// The link between the driver's clock and the wall clock.
    package var wallClock: WallClock
    /// The SSRC of our receiver reports and feedback while nothing is sent.
    package var feedbackSSRC: UInt32
    /// The most bits per second that a publisher is told to send, where it takes such estimates, and held to where it
    /// goes far beyond; `nil` for none.
    package var maximumBitrate: UInt64?
    /// Whether what the path carries is estimated, each way, where the peer tells what that takes.
    package var estimatesBandwidth: Bool
    /// Whether what the path to the peer carries is watched by one who hands on what others make: there is no limit until
    /// the peer tells of congestion.
    package var watchesCongestion: Bool
    /// Whether more is done about lost packets than mediasoup does: a key frame is wished for where those of a picture don't
    /// come again in time, incoming or outgoing, which mediasoup leaves to the viewers, who wait for seconds; what a first
    /// request does not bring is asked for twice in a round trip; and what the peer's feedback on the transport leaves out
    /// is sent again unasked.
    package var mendsEagerly = true
    /// Seeds what need not be secret: jitter of timers, identifiers of transactions.
    package var seed: UInt64

    /// Makes a configuration.
    package init(
        connectivity: Connectivity,
        certificate: Certificate,
        dtls: DTLSParameters?,
        liveness: Liveness? = nil,
        wallClock: WallClock,
        feedbackSSRC: UInt32 = 1,
        maximumBitrate: UInt64? = nil,
        estimatesBandwidth: Bool = false,
        watchesCongestion: Bool = false,
        seed: UInt64
    ) {
        self.connectivity = connectivity
        self.certificate = certificate
        self.dtls = dtls
        self.liveness = liveness
        self.wallClock = wallClock
        self.feedbackSSRC = feedbackSSRC
        self.maximumBitrate = maximumBitrate
        self.estimatesBandwidth = estimatesBandwidth
        self.watchesCongestion = watchesCongestion
        self.seed = seed
    }
}
