// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
package import Logging
internal import RTC
package import RTCCrypto
package import RTCDriver

/// Publishes media by WHIP, once: from the offer to the DELETE.
///
/// Whoever wants it to go on after an end makes another publisher; `WHIPPublisherEnd.isRetryable` says whether that
/// makes sense.
package actor WHIPPublisher {
    /// Where the publication stands, for one reader; ends after `ended`.
    package nonisolated let states: AsyncStream<WHIPPublisherState>

    private let endpoint: WHIPEndpoint
    private let media: PublishedMedia
    private let worker: MediaWorker.Handle
    private let certificate: Certificate
    private let profiles: [SRTPProfile]?
    private let logger: Logger
    private let report: AsyncStream<WHIPPublisherState>.Continuation
    private var session: MediaSession?
    private var lastStatistics: MediaSessionStatistics?

    /// How long the transport may take from the answer to the keys.
    private static let connectionTimeout: Duration = .seconds(15)

    /// Makes a publisher that has not begun.
    ///
    /// - Parameters:
    ///   - endpoint: where to publish.
    ///   - media: what to publish.
    ///   - worker: the worker that carries it.
    ///   - certificate: shown to the endpoint; one serves all publishers of a process.
    ///   - profiles: how media may be protected, best first; `nil` for what is usual.
    ///   - logger: where to tell what happens, at debug level.
    package init(
        _ endpoint: WHIPEndpoint,
        media: PublishedMedia,
        worker: MediaWorker.Handle,
        certificate: Certificate,
        profiles: [SRTPProfile]? = nil,
        logger: Logger
    ) {
        self.endpoint = endpoint
        self.media = media
        self.worker = worker
        self.certificate = certificate
        self.profiles = profiles
        self.logger = logger
        (states, report) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(8))
    }

    /// What was sent so far, or altogether once it is over; `nil` before there is a session.
    package func statistics() async -> MediaSessionStatistics? {
        guard let session else { return lastStatistics }
        return (try? await session.statistics()) ?? lastStatistics
    }

    /// Publishes until something ends it; cancelling the task stops it.
    ///
    /// Returns after the endpoint was told by DELETE, or did not take it within the endpoint's time limit. To be called
    /// once.
    ///
    /// - Returns: why it ended.
    package func run() async -> WHIPPublisherEnd {
        report.yield(.connecting)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        // Whoever wants another try decides that with the reason in hand, not with a time-out.
        configuration.connectionPool.retryConnectionEstablishment = false
        let end = try? await HTTPClient.withHTTPClient(configuration: configuration) { client in
            await self.publish(by: client)
        }
        let reason = end ?? .stopped
        logger.debug("A publication ended.", metadata: ["whip.end": "\(reason)"])
        report.yield(.ended(reason))
        report.finish()
        return reason
    }

    private func publish(by client: HTTPClient) async -> WHIPPublisherEnd {
        let offer = makeOffer()
        let resource: WHIPResource
        do {
            resource = try await endpoint.open(offer: offer.text, by: client, logger: logger)
        } catch {
            return Task.isCancelled ? .stopped : .refused(error)
        }
        logger.debug("The endpoint answered.", metadata: ["whip.resource": "\(resource.address)"])
        let end: WHIPPublisherEnd
        do {
            end = try await transmit(offer, resource)
        } catch {
            end = Task.isCancelled ? .stopped : .refused(error)
        }
        // The rest has to happen for a cancelled publication above all, so it runs in a task that is not.
        await Task { await self.finish(resource, by: client) }.value
        return end
    }

    /// Tells the endpoint first, so that it knows why the transport ends.
    private func finish(_ resource: WHIPResource, by client: HTTPClient) async {
        if await !endpoint.close(resource, by: client) {
            logger.debug("The endpoint did not take the DELETE.", metadata: ["whip.resource": "\(resource.address)"])
        }
        guard let session else { return }
        lastStatistics = await session.close() ?? lastStatistics
        self.session = nil
    }

    // MARK: Transport

    private func makeOffer() -> SDPLocalOffer {
        var generator = SystemRandomNumberGenerator()
        let name = ICECredentials.make(fragmentLength: 16, using: &generator).usernameFragment
        let first = UInt32.random(in: 1..<UInt32.max / 2, using: &generator)
        let tracks = media.tracks.enumerated().map { index, track in
            // Two for each track, for its media and for its retransmissions.
            let ssrc = first + UInt32(2 * index)
            return SDPOfferedTrack(
                mid: String(index),
                codecs: [track.codec],
                ssrc: ssrc,
                retransmissionSSRC: track.codec.retransmissionPayloadType == nil ? nil : ssrc + 1,
                trackID: "\(name)-\(track.codec.kind.rawValue)",
                extensions: Self.extensions(of: track.codec)
            )
        }
        let transport = SDPLocalTransport(
            sessionID: .random(in: 1 ... .max, using: &generator),
            credentials: ICECredentials.make(using: &generator),
            fingerprint: certificate.fingerprint,
            // The socket belongs to a session that does not exist before the answer; the checks show its address.
            candidates: [],
            isLite: false
        )
        return SDPLocalOffer(local: transport, tracks: tracks, cname: name, streamID: name)
    }

    /// The media id, and the number on the transport where the codec is to be reported on by it.
    private static func extensions(of codec: RTPCodec) -> [SDPHeaderExtension] {
        var kinds = [HeaderExtension.mid]
        if codec.feedback.contains(.transportWide) { kinds.append(.transportSequenceNumber) }
        return kinds.enumerated().map { SDPHeaderExtension(id: UInt8($0 + 1), uri: $1.uri) }
    }

    private func transmit(
        _ offer: SDPLocalOffer,
        _ resource: WHIPResource
    ) async throws(WHIPError) -> WHIPPublisherEnd {
        let answer = try Self.answer(in: resource, to: offer)
        let session: MediaSession
        do {
            session = try await open(answer, credentials: offer.local.credentials)
        } catch {
            throw WHIPError(.session, "No session could be opened here: \(error).")
        }
        switch await Self.connected(session) {
        case .connected: break
        case .ended(let end): return end
        }
        report.yield(.publishing(resource.address))
        return await withTaskGroup(of: WHIPPublisherEnd.self) { group in
            group.addTask { await Self.end(of: session) }
            if let play = media.play {
                group.addTask { await Self.end(of: play) }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .stopped
        }
    }

    private static func answer(
        in resource: WHIPResource,
        to offer: SDPLocalOffer
    ) throws(WHIPError) -> SDPReceivedAnswer {
        do {
            return try SDPReceivedAnswer(parsing: resource.answer, to: offer)
        } catch {
            throw WHIPError(.badAnswer, "The endpoint's answer can't be used: \(error.message)")
        }
    }

    /// Opens the session with all streams in place before it may connect, so that they begin at one moment.
    private func open(_ answer: SDPReceivedAnswer, credentials: ICECredentials) async throws -> MediaSession {
        let session = try await worker.open(
            SessionConfiguration(
                connectivity: .controlling(
                    ICEControllingConfiguration(
                        local: credentials,
                        remote: answer.remote.credentials,
                        candidates: answer.remote.candidates
                    )
                ),
                certificate: certificate,
                dtls: nil,
                wallClock: Clock.wallClock,
                seed: .random(in: .min ... .max)
            )
        )
        self.session = session
        for parameters in answer.sendStreams {
            guard let track = media.tracks.first(where: { $0.codec.kind == parameters.kind }) else { continue }
            let stream = try await session.addSendStream(parameters)
            try await session.setSource(for: stream) { track.makeSource(parameters) }
        }
        try await session.connect(
            DTLSParameters(
                role: answer.remote.localRole,
                fingerprints: answer.remote.fingerprints,
                profiles: profiles
            )
        )
        return session
    }

    // MARK: Waiting

    private enum Connection: Sendable {
        case connected
        case ended(WHIPPublisherEnd)
    }

    private static func connected(_ session: MediaSession) async -> Connection {
        let connection = try? await withTimeLimit(connectionTimeout) {
            for await event in session.events {
                if case .connected = event { return Connection.connected }
                if let end = WHIPPublisherEnd(event, isConnected: false) { return .ended(end) }
            }
            return .ended(.stopped)
        }
        return connection ?? .ended(Task.isCancelled ? .stopped : .notConnected)
    }

    private static func end(of session: MediaSession) async -> WHIPPublisherEnd {
        for await event in session.events {
            if let end = WHIPPublisherEnd(event, isConnected: true) { return end }
        }
        return .stopped
    }

    private static func end(of play: @Sendable () async throws(WHIPError) -> Void) async -> WHIPPublisherEnd {
        do {
            try await play()
            return Task.isCancelled ? .stopped : .mediaEnded
        } catch {
            return Task.isCancelled ? .stopped : .mediaFailed(error)
        }
    }
}

extension WHIPPublisherEnd {
    /// The end that an event of the session means; `nil` where it goes on.
    init?(_ event: SessionEvent, isConnected: Bool) {
        switch event {
        case .iceState(.failed): self = isConnected ? .lost : .notConnected
        case .closed(.local): self = .stopped
        case .closed(.remote): self = .endedByPeer
        case .closed(.silent), .closed(.excessiveBitrate): self = .lost
        case .closed(.dtls(let failure)): self = .notSecured(failure)
        case .iceState, .selected, .portClosed, .relay, .connected, .streamStarted, .keyFrameRequested, .observed,
            .layers, .pictureSize, .congestion:
            return nil
        }
    }
}
