// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import Testing

@testable import SkyWayLocal

/// A publisher of numbered frames and a viewer on an engine, without the control plane above it.
struct EnginePath: Sendable {
    let engine: WorkerMediaEngine
    let client: MediaClient
    let publisher: MediaSession
    let viewer: MediaSession
    /// What the viewer got.
    let record: FrameRecorder.Record
    /// The key frames that each layer was asked for.
    let wishes: [NumberedFrames.Wishes]
    /// The streams that the publisher sends.
    let streams: [SendStreamIndex]

    /// Opens both transports and starts the producer and its consumer.
    ///
    /// - Parameters:
    ///   - engine: the engine.
    ///   - client: where both clients' sessions live.
    ///   - encodings: how many layers are published.
    ///   - sizes: the bytes of a frame of each layer; 500 frames a second are made.
    ///   - port: the way to the viewer, where its arrivals are to be told; `nil` for the engine's own port.
    /// - Returns: the path, frames on the way.
    /// - Throws: what either side refuses.
    static func open(
        on engine: WorkerMediaEngine,
        client: MediaClient,
        encodings: Int,
        sizes: [Int] = [7, 7, 7],
        by port: UInt16? = nil
    ) async throws -> EnginePath {
        let publisher = try await connect("broadcaster", to: engine, client: client)
        let ssrcs = (0..<encodings).map { 4_000 + UInt32($0) }
        try await engine.startProducer(
            ProducerStart(
                id: "producer",
                transportID: "broadcaster",
                kind: .video,
                parameters: RTPParameters(codecs: [vp8], encodings: ssrcs.map { RTPEncodingParameters(ssrc: $0) })
            )
        )
        let (viewer, record) = try await watch(
            ("viewer", "consumer"),
            on: engine,
            client: client,
            upTo: encodings - 1,
            by: port
        )
        let wishes = ssrcs.map { _ in NumberedFrames.Wishes() }
        var streams: [SendStreamIndex] = []
        for (layer, (ssrc, wishes)) in zip(ssrcs, wishes).enumerated() {
            let stream = try await client.publish(
                on: publisher,
                ssrc: ssrc,
                wishes: wishes,
                layer: UInt8(layer),
                size: sizes[layer]
            )
            streams.append(stream)
        }
        return EnginePath(
            engine: engine,
            client: client,
            publisher: publisher,
            viewer: viewer,
            record: record,
            wishes: wishes,
            streams: streams
        )
    }

    /// Opens one more transport and starts a consumer on it.
    func addViewer(_ number: Int) async throws -> FrameRecorder.Record {
        try await Self.watch(("viewer \(number)", "consumer \(number)"), on: engine, client: client, upTo: 9).record
    }

    private static let vp8 = RTPCodecParameters(
        "video/VP8",
        payloadType: 96,
        clockRate: 90_000,
        rtcpFeedback: [RTCPFeedbackEntry("nack", "pli")]
    )

    private static func watch(
        _ ids: (transport: String, consumer: String),
        on engine: WorkerMediaEngine,
        client: MediaClient,
        upTo encoding: Int,
        by port: UInt16? = nil
    ) async throws -> (session: MediaSession, record: FrameRecorder.Record) {
        var recording: FrameRecorder.Record?
        let session = try await connect(ids.transport, to: engine, client: client, by: port) { session in
            recording = try await client.record(
                on: session,
                payloadType: 101,
                mid: "0",
                midID: 1,
                tellsArrivals: port != nil
            )
        }
        try await engine.startConsumer(
            ConsumerStart(
                id: ids.consumer,
                transportID: ids.transport,
                producerID: "producer",
                kind: .video,
                parameters: consumed(tellsArrivals: port != nil),
                payloadTypes: [96: 101],
                encoding: encoding
            )
        )
        return (session, try #require(recording))
    }

    /// What a viewer is told that it gets.
    private static func consumed(tellsArrivals: Bool) -> RTPParameters {
        var media = vp8
        media.payloadType = 101
        var parameters = RTPParameters(
            mid: "0",
            codecs: [media],
            headerExtensions: [RTPHeaderExtensionParameters(uri: HeaderExtensionURI.mid, id: 1)],
            encodings: [RTPEncodingParameters(ssrc: 777)]
        )
        guard tellsArrivals else { return parameters }
        parameters.codecs[0].rtcpFeedback += [RTCPFeedbackEntry("nack"), RTCPFeedbackEntry("transport-cc")]
        parameters.codecs.append(
            RTPCodecParameters("video/rtx", payloadType: 102, clockRate: 90_000, parameters: ["apt": 101])
        )
        parameters.headerExtensions.append(
            RTPHeaderExtensionParameters(uri: HeaderExtensionURI.transportWideCC, id: 5)
        )
        parameters.encodings[0].rtx = RTPEncodingParameters.RTX(ssrc: 778)
        return parameters
    }

    private static func connect(
        _ id: String,
        to engine: WorkerMediaEngine,
        client: MediaClient,
        by port: UInt16? = nil,
        preparing prepare: MediaClient.Preparation = { _ in }
    ) async throws -> MediaSession {
        let options = try await engine.openTransport(id, options: TransportOpening())
        let fingerprint = try client.fingerprint
        let session = try await client.open(options, by: port, preparing: prepare)
        try await engine.connectTransport(
            id,
            remote: DTLSParameters(
                role: .client,
                fingerprints: [.init(algorithm: fingerprint.algorithm.rawValue, value: fingerprint.text)]
            )
        )
        return session
    }
}
