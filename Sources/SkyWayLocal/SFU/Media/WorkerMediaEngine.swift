// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver

/// Moves the SFU's media on one media worker: its transports are lite sessions on the worker's shared port.
///
/// One worker, because packets do not cross from one to another and any producer may have any consumer.
actor WorkerMediaEngine: MediaEngine {
    nonisolated let closedTransports: AsyncStream<String>
    private let closings: AsyncStream<String>.Continuation
    nonisolated let transportChanges: AsyncStream<TransportChange>
    private let changes: AsyncStream<TransportChange>.Continuation
    private let worker: MediaWorker.Handle
    private let certificate: Certificate
    private let profiles: [SRTPProfile]
    private let sink: (@Sendable () -> any MediaSink)?
    private(set) var transports: [String: MediaSession] = [:]
    private var watchers: [String: Task<Void, Never>] = [:]
    private(set) var producers: [String: Producer] = [:]
    private(set) var consumers: [String: Consumer] = [:]

    /// A stream that comes in.
    struct Producer {
        let transportID: String
        let track: TrackIndex
        let codecs: [RTPCodec]
    }

    /// A stream that goes out.
    struct Consumer {
        let transportID: String
        let stream: SendStreamIndex
        let forwarding: RTCDriver.Forwarding
    }

    /// Makes an engine.
    ///
    /// - Parameters:
    ///   - worker: what it runs on; the engine shuts it down with itself.
    ///   - certificate: what its transports show.
    ///   - profiles: how media may be protected, best first.
    ///   - sink: makes what takes each producer's packets beside its consumers.
    init(
        worker: MediaWorker.Handle,
        certificate: Certificate,
        profiles: [SRTPProfile] = SkyWayLocalConfiguration().profiles,
        sink: (@Sendable () -> any MediaSink)? = nil
    ) {
        self.worker = worker
        self.certificate = certificate
        self.profiles = profiles
        self.sink = sink
        (closedTransports, closings) = AsyncStream.makeStream()
        (transportChanges, changes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1024))
    }

    func openTransport(_ id: String, options: TransportOpening) async throws -> TransportOptions {
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials.make(fragmentLength: 32, passwordLength: 32, using: &generator)
        var configuration = SessionConfiguration(
            connectivity: .lite(credentials, .mediasoup),
            certificate: certificate,
            dtls: nil,
            liveness: options.endsInSilence ? Liveness() : nil,
            wallClock: Clock.wallClock,
            estimatesBandwidth: true,
            seed: generator.next()
        )
        configuration.mendsEagerly = false
        let session = try await worker.open(configuration)
        transports[id] = session
        watchers[id] = Task { await self.watch(session, id) }
        return TransportOptions(
            id: id,
            iceParameters: ICEParameters(credentials),
            iceCandidates: options.select(session.candidates.enumerated().map { ICECandidateEntry($1, index: $0) }),
            dtlsParameters: DTLSParameters(role: .auto, fingerprints: [.init(certificate.fingerprint)])
        )
    }

    func connectTransport(_ id: String, remote: DTLSParameters) async throws {
        guard let fingerprint = remote.fingerprints.first?.certificateFingerprint else {
            throw MediaEngineError.unusableFingerprint
        }
        // The client's role decides ours; without one it is the client's part to wait (protocol page §7.5).
        try await transport(id).connect(
            RTC.DTLSParameters(
                role: remote.role == .client ? .server : .client,
                fingerprints: [fingerprint],
                profiles: profiles
            )
        )
    }

    func restartICE(ofTransport id: String) async throws -> ICEParameters {
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials.make(fragmentLength: 32, passwordLength: 32, using: &generator)
        try await transport(id).restartICE(local: credentials)
        return ICEParameters(credentials)
    }

    func closeTransport(_ id: String) async {
        guard let session = transports[id] else { return }
        forget(id)
        await session.close()
    }

    func startProducer(_ producer: ProducerStart) async throws {
        let codecs = producer.parameters.mediaCodecs(producer.kind)
        let transport = try transport(producer.transportID)
        let track = try await transport.addReceiveTrack(
            ReceiveTrackParameters(
                kind: producer.kind.mediaKind,
                mid: producer.parameters.mid,
                codecs: codecs,
                encodings: producer.parameters.encodings.map {
                    RTPEncoding(ssrc: $0.ssrc, rid: $0.rid, retransmissionSSRC: $0.rtx?.ssrc)
                },
                extensions: producer.parameters.extensionMap,
                cname: producer.parameters.rtcp.cname,
                // To every producer, whatever it says of it (protocol page §7.6).
                sendsReceiverReferenceTimes: true
            )
        )
        if let sink { try await transport.setSink(for: track, sink) }
        producers[producer.id] = Producer(transportID: producer.transportID, track: track, codecs: codecs)
    }

    func stopProducer(_ id: String) async {
        guard let producer = producers.removeValue(forKey: id) else { return }
        try? await transports[producer.transportID]?.removeReceiveTrack(producer.track)
    }

    func startConsumer(_ consumer: ConsumerStart) async throws {
        guard let producer = producers[consumer.producerID] else { throw MediaEngineError.unknownProducer }
        let source = try transport(producer.transportID)
        let destination = try transport(consumer.transportID)
        guard let codec = consumer.parameters.mediaCodecs(consumer.kind).first,
            let incoming = producer.codecs.first(where: { consumer.payloadTypes[$0.payloadType] == codec.payloadType }),
            let encoding = consumer.parameters.encodings.first, let ssrc = encoding.ssrc
        else { throw MediaEngineError.nothingToSend }
        let stream = try await destination.addSendStream(
            SendStreamParameters(
                kind: consumer.kind.mediaKind,
                mid: consumer.parameters.mid,
                ssrc: ssrc,
                retransmissionSSRC: encoding.rtx?.ssrc,
                codec: codec,
                extensions: consumer.parameters.extensionMap,
                cname: consumer.parameters.rtcp.cname ?? consumer.id
            )
        )
        var generator = SystemRandomNumberGenerator()
        var configuration = ForwardingConfiguration(
            from: incoming,
            to: codec,
            waitsForKeyFrame: consumer.kind == .video,
            using: &generator
        )
        // mediasoup inserts none: who publishes has to.
        configuration.insertsParameterSets = false
        let forwarding: RTCDriver.Forwarding
        do {
            forwarding = try await source.forward(
                producer.track,
                upTo: EncodingIndex(UInt8(clamping: consumer.encoding)),
                to: destination,
                stream: stream,
                configuration: configuration
            )
        } catch {
            try? await destination.removeSendStream(stream)
            throw error
        }
        consumers[consumer.id] = Consumer(
            transportID: consumer.transportID,
            stream: stream,
            forwarding: forwarding
        )
    }

    func selectEncoding(_ index: Int, ofConsumer id: String) async throws {
        guard let consumer = consumers[id] else { throw MediaEngineError.unknownConsumer }
        try await consumer.forwarding.prefer(EncodingIndex(UInt8(clamping: index)))
    }

    func stopConsumer(_ id: String) async {
        guard let consumer = consumers.removeValue(forKey: id) else { return }
        try? await transports[consumer.transportID]?.removeSendStream(consumer.stream)
    }

    func impair(_ transportID: String, _ impairment: Impairment?) async {
        try? await transports[transportID]?.impair(impairment)
    }

    func shutdown() async {
        for id in transports.keys { await closeTransport(id) }
        closings.finish()
        changes.finish()
        await worker.shutdown()
    }

    private func transport(_ id: String) throws -> MediaSession {
        guard let session = transports[id] else { throw MediaEngineError.unknownTransport }
        return session
    }

    /// Reads a session's events to their end, which is its own.
    private func watch(_ session: MediaSession, _ id: String) async {
        for await event in session.events { changes.yield(TransportChange(transportID: id, event: event)) }
        guard transports[id] != nil else { return }
        forget(id)
        closings.yield(id)
    }

    private func forget(_ id: String) {
        transports[id] = nil
        watchers[id] = nil
        producers = producers.filter { $0.value.transportID != id }
        consumers = consumers.filter { $0.value.transportID != id }
    }
}

/// Why the engine cannot do what the router asks for.
enum MediaEngineError: Error, Hashable, Sendable {
    case unknownTransport
    case unknownProducer
    case unknownConsumer
    case unusableFingerprint
    /// Producer and consumer have no codec in common.
    case nothingToSend
}
