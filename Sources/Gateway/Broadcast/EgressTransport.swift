// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// The way to one transport of SkyWay's SFU.
struct EgressTransport: Sendable {
    /// Our session with the SFU: controlling, and DTLS client (protocol page §7.5).
    let media: MediaSession

    /// Opens the session; ICE begins at once, so the SFU has to know our certificate by now.
    ///
    /// - Parameters:
    ///   - options: what the SFU told of the transport.
    ///   - worker: the worker of the publisher's session.
    ///   - certificate: the certificate of this process.
    ///   - relays: whether it may be reached by a TURN server too.
    /// - Returns: the way to the transport.
    /// - Throws: `SkyWayError` where the options can't be used, `MediaWorkerError` where no session can be opened.
    static func open(
        _ options: SFUTransportOptions,
        on worker: MediaWorker.Handle,
        certificate: Certificate,
        relays: RelayPolicy
    ) async throws -> EgressTransport {
        var generator = SecureRandomNumberGenerator()
        guard let remote = options.iceParameters.credentials, !options.fingerprints.isEmpty else {
            throw SkyWayError(.badResponse, .sfu, detail: "a transport without usable credentials or fingerprints")
        }
        let configuration = SessionConfiguration(
            connectivity: .controlling(
                ICEControllingConfiguration(
                    local: .make(using: &generator),
                    remote: remote,
                    candidates: relays.paths(to: options.candidates)
                )
            ),
            certificate: certificate,
            dtls: DTLSParameters(role: .client, fingerprints: options.fingerprints),
            wallClock: Clock.wallClock,
            watchesCongestion: true,
            seed: generator.next()
        )
        let media = try await worker.open(configuration)
        try await media.pacePictures()
        return EgressTransport(media: media)
    }
}

extension SFUICEParameters {
    /// The SFU's ICE credentials, where they are well formed.
    var credentials: ICECredentials? { ICECredentials(usernameFragment: usernameFragment, password: password) }
}

extension SFUTransportOptions {
    /// The fingerprints with a hash that we know.
    fileprivate var fingerprints: [CertificateFingerprint] {
        dtlsParameters.fingerprints.compactMap { CertificateFingerprint(algorithm: $0.algorithm, text: $0.value) }
    }

    /// Where the SFU can be reached, by UDP and by TCP; host names are left out.
    var candidates: [ICECandidate] { iceCandidates.compactMap(\.candidate) }
}

extension SFUICECandidate {
    /// The candidate in ICE's words, where it has an address and a transport that are known.
    fileprivate var candidate: ICECandidate? {
        guard let ip = host.flatMap({ IPAddress($0) }) else { return nil }
        let transport: TransportProtocol
        switch `protocol`.lowercased() {
        case "udp": transport = .udp
        case "tcp": transport = .tcp
        default: return nil
        }
        return ICECandidate(
            foundation: foundation,
            priority: priority,
            address: TransportAddress(ip, port: port, transport: transport),
            kind: .host,
            tcpType: transport == .tcp ? tcpType.flatMap { .init(rawValue: $0.lowercased()) } : nil
        )
    }
}

extension SFUDTLSParameters.Fingerprint {
    /// Our certificate, as the SFU is told of it.
    ///
    /// - Parameter fingerprint: the certificate's fingerprint.
    init(_ fingerprint: CertificateFingerprint) {
        self.init(algorithm: fingerprint.algorithm.rawValue, value: fingerprint.text)
    }
}
