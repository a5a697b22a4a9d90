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
    /// - Returns: the path, frames on the way.
    /// - Throws: what either side refuses.
    static func open(on engine: WorkerMediaEngine, client: MediaClient, encodings: Int) async throws -> EnginePath {
        let publisher = try await connect("broadcaster", to: engine, client: client)
        var recording: FrameRecorder.Record?
        let viewer = try await connect("viewer", to: engine, client: client) { session in
            recording = try await client.record(on: session, payloadType: 101, mid: "0", midID: 1)
        }
        let vp8 = RTPCodecParameters(
            "video/VP8",
            payloadType: 96,
            clockRate: 90_000,
            rtcpFeedback: [RTCPFeedbackEntry("nack", "pli")]
        )
        let ssrcs = (0..<encodings).map { 4_000 + UInt32($0) }
        try await engine.startProducer(
            ProducerStart(
                id: "producer",
                transportID: "broadcaster",
                kind: .video,
                parameters: RTPParameters(codecs: [vp8], encodings: ssrcs.map { RTPEncodingParameters(ssrc: $0) })
            )
        )
        var consumed = vp8
        consumed.payloadType = 101
        try await engine.startConsumer(
            ConsumerStart(
                id: "consumer",
                transportID: "viewer",
                producerID: "producer",
                kind: .video,
                parameters: RTPParameters(
                    mid: "0",
                    codecs: [consumed],
                    headerExtensions: [RTPHeaderExtensionParameters(uri: HeaderExtensionURI.mid, id: 1)],
                    encodings: [RTPEncodingParameters(ssrc: 777)]
                ),
                payloadTypes: [96: 101],
                encoding: encodings - 1
            )
        )
        let wishes = ssrcs.map { _ in NumberedFrames.Wishes() }
        var streams: [SendStreamIndex] = []
        for (layer, (ssrc, wishes)) in zip(ssrcs, wishes).enumerated() {
            let stream = try await client.publish(on: publisher, ssrc: ssrc, wishes: wishes, layer: UInt8(layer))
            streams.append(stream)
        }
        return EnginePath(
            engine: engine,
            client: client,
            publisher: publisher,
            viewer: viewer,
            record: try #require(recording),
            wishes: wishes,
            streams: streams
        )
    }

    private static func connect(
        _ id: String,
        to engine: WorkerMediaEngine,
        client: MediaClient,
        preparing prepare: MediaClient.Preparation = { _ in }
    ) async throws -> MediaSession {
        let options = try await engine.openTransport(id, options: TransportOpening())
        let fingerprint = try client.fingerprint
        let session = try await client.open(options, preparing: prepare)
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
