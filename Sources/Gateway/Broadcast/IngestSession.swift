// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver

/// The publisher's side of a broadcast: one WHIP session with its media transport.
struct IngestSession: Sendable {
    /// A track that the publisher sends.
    struct Track: Sendable {
        var index: TrackIndex
        var kind: MediaKind
        /// The codec as the publisher sends it.
        var codec: RTPCodec
        /// How many layers of it are offered.
        var layers: Int
    }

    /// Its media session.
    let media: MediaSession
    /// What the publisher is answered.
    let answer: SDPAnswer
    /// What it sends.
    let tracks: [Track]

    /// What is agreed on with publishers, as far as they offer it.
    private static var features: SDPMediaFeatures {
        var features = SDPMediaFeatures()
        features.usesNACK = true
        features.usesRetransmission = true
        features.usesTransportWideFeedback = true
        features.usesReceiverEstimate = true
        features.usesReceiverReferenceTimes = true
        return features
    }

    /// Answers an offer and opens the session for it.
    ///
    /// - Parameters:
    ///   - offer: the publisher's offer.
    ///   - codecs: what may be published, best first.
    ///   - maximumBitrate: what the publisher is told not to go beyond.
    ///   - worker: where its media will run.
    ///   - reached: the address of ours that the publisher has reached by HTTP, if that is known.
    ///   - environment: what all sessions share.
    /// - Returns: the session, waiting for the publisher.
    /// - Throws: `SDPError` where the offer can't be answered, `MediaWorkerError` where no session can be opened,
    ///   `Refusal.mediaUnreachable` where there is no address to tell.
    static func open(
        _ offer: SDPOffer,
        codecs: [RTPCodec],
        maximumBitrate: Bitrate? = nil,
        on worker: MediaWorker.Handle,
        reached: IPAddress? = nil,
        environment: BroadcastEnvironment
    ) async throws -> IngestSession {
        let candidates = worker.candidates(for: reached)
        guard !candidates.isEmpty else { throw Refusal.mediaUnreachable }
        var generator = SecureRandomNumberGenerator()
        let credentials = environment.makeICECredentials()
        let local = SDPLocalTransport(
            sessionID: generator.next(),
            credentials: credentials,
            fingerprint: environment.certificate.fingerprint,
            candidates: candidates,
            isLite: true
        )
        let answer = try SDPAnswer.receiving(offer, codecs: codecs, features: features, local: local)
        let configuration = SessionConfiguration(
            connectivity: .lite(credentials, .ingest(outliving: environment.liveness)),
            certificate: environment.certificate,
            dtls: DTLSParameters(
                role: answer.remote.localRole,
                fingerprints: answer.remote.fingerprints,
                profiles: DTLSParameters.serverProfiles
            ),
            liveness: environment.liveness,
            wallClock: Clock.wallClock,
            maximumBitrate: maximumBitrate?.bitsPerSecond,
            seed: generator.next()
        )
        let media = try await worker.open(configuration)
        do {
            try await media.observeStreams()
            return IngestSession(media: media, answer: answer, tracks: try await add(answer.receiveTracks, to: media))
        } catch {
            await media.close()
            throw error
        }
    }

    /// Begins an ICE restart: the publisher may go on with the former credentials until the new ones work.
    ///
    /// - Parameter credentials: ours from then on.
    /// - Returns: what the publisher is answered: new credentials, the same candidates (RFC 9725 §4.3.3).
    /// - Throws: `MediaWorkerError`; everything is as before then.
    func restartICE(_ credentials: ICECredentials) async throws -> SDPFragment {
        try await media.restartICE(local: credentials)
        var fragment = answer.fragment
        fragment.credentials = credentials
        return fragment
    }

    private static func add(_ tracks: [ReceiveTrackParameters], to media: MediaSession) async throws -> [Track] {
        var added: [Track] = []
        for parameters in tracks {
            let index = try await media.addReceiveTrack(parameters)
            guard let codec = parameters.codecs.first else { continue }
            let layers = max(1, parameters.encodings.count)
            added.append(Track(index: index, kind: parameters.kind, codec: codec, layers: layers))
        }
        return added
    }
}
