// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import RTC
import RTCCrypto
import RTCDriver

/// One publisher, its session pair on the gateway, and its receiver: sound, and a picture in one or several layers.
struct ForwardingPath: Sendable {
    /// The three workers of a benchmark, each a thread.
    struct Workers: Sendable {
        var publishers: MediaWorker.Handle
        var gateway: MediaWorker.Handle
        var receivers: MediaWorker.Handle

        static func start() async throws -> Workers {
            let configuration = MediaWorkerConfiguration(address: .loopbackIPv4, port: 0)
            return Workers(
                publishers: try await MediaWorker.start(configuration),
                gateway: try await MediaWorker.start(configuration),
                receivers: try await MediaWorker.start(configuration)
            )
        }

        func shutdown() async {
            await publishers.shutdown()
            await gateway.shutdown()
            await receivers.shutdown()
        }
    }

    /// One track of the path: what the publisher sends, in one stream or one for each layer, and what comes of it.
    private struct Track {
        var kind: MediaKind
        var published: [SendStreamIndex]
        var received: TrackIndex
        var codec: RTPCodec
    }

    /// Two sessions that know of each other.
    private struct Pair {
        var lite: MediaSession
        var controlling: MediaSession

        init(
            lite liteWorker: MediaWorker.Handle,
            controlling controllingWorker: MediaWorker.Handle,
            _ certificate: Certificate
        ) async throws {
            var generator = SystemRandomNumberGenerator()
            let credentials = ICECredentials.make(using: &generator)
            func configuration(_ role: DTLSRole, _ part: SessionConfiguration.Connectivity) -> SessionConfiguration {
                SessionConfiguration(
                    connectivity: part,
                    certificate: certificate,
                    dtls: DTLSParameters(role: role, fingerprints: [certificate.fingerprint]),
                    wallClock: Clock.wallClock,
                    seed: .random(in: .min ... .max)
                )
            }
            lite = try await liteWorker.open(configuration(.server, .lite(credentials, .ingest)))
            let agent = ICEControllingConfiguration(
                local: ICECredentials.make(using: &generator),
                remote: credentials,
                candidates: lite.candidates
            )
            controlling = try await controllingWorker.open(configuration(.client, .controlling(agent)))
        }
    }

    /// The publisher's end.
    let publisher: MediaSession
    /// The gateway's end towards the receiver.
    let egress: MediaSession
    /// The receiver's end.
    let receiver: MediaSession
    private let layers: Int
    private let tracks: [Track]

    /// Opens the sessions of a path and lets the gateway forward; nothing is sent yet.
    init(_ workers: Workers, certificate: Certificate, layers: Int) async throws {
        let ingest = try await Pair(lite: workers.gateway, controlling: workers.publishers, certificate)
        let outward = try await Pair(lite: workers.receivers, controlling: workers.gateway, certificate)
        publisher = ingest.controlling
        egress = outward.controlling
        receiver = outward.lite
        self.layers = layers
        var tracks: [Track] = []
        for kind in MediaKind.allCases {
            tracks.append(try await Self.forward(kind, layers: kind == .audio ? 1 : layers, ingest, outward))
        }
        self.tracks = tracks
    }

    /// Lets one track be forwarded, each of its layers to a stream of its own.
    private static func forward(
        _ kind: MediaKind,
        layers: Int,
        _ ingest: Pair,
        _ outward: Pair
    ) async throws -> Track {
        let (codec, outgoing) = (RTPCodec.measured(kind, payloadType: 96), RTPCodec.measured(kind, payloadType: 101))
        let ssrcs = (0..<UInt32(layers)).map { (kind == .audio ? 10 : 20) + 2 * $0 }
        let track = try await ingest.lite.addReceiveTrack(.measured(codec, ssrcs: ssrcs, mid: kind.rawValue))
        let forwarded = ssrcs.map { $0 + 1 }
        let received = try await outward.lite.addReceiveTrack(.measured(outgoing, ssrcs: forwarded, mid: kind.rawValue))
        var (published, destinations): ([SendStreamIndex], [SendStreamIndex]) = ([], [])
        for ssrc in ssrcs {
            published.append(
                try await ingest.controlling.addSendStream(.measured(codec, ssrc: ssrc, mid: kind.rawValue))
            )
        }
        for ssrc in forwarded {
            destinations.append(
                try await outward.controlling.addSendStream(.measured(outgoing, ssrc: ssrc, mid: kind.rawValue))
            )
        }
        var generator = SystemRandomNumberGenerator()
        let configuration = ForwardingConfiguration(
            from: codec,
            to: outgoing,
            waitsForKeyFrame: kind == .video,
            using: &generator
        )
        if layers == 1 {
            _ = try await ingest.lite.forward(
                track,
                to: outward.controlling,
                stream: destinations[0],
                configuration: configuration
            )
        } else {
            _ = try await ingest.lite.forward(
                layersOf: track,
                to: outward.controlling,
                streams: destinations,
                configuration: configuration
            )
        }
        return Track(kind: kind, published: published, received: received, codec: codec)
    }

    /// Returns once both transports have keys on all four ends.
    func connected() async throws {
        for session in [publisher, egress, receiver] {
            for await event in session.events {
                if case .connected = event { break }
                if case .closed(let reason) = event { throw NotConnected(reason: reason) }
            }
        }
    }

    /// Lets the publisher send and the receiver check; each layer is a publisher of the plan.
    func play(as number: Int, control: TrafficControl, log: DeliveryLog) async throws {
        for track in tracks {
            let (kind, payloadType) = (track.kind, track.codec.payloadType)
            try await receiver.setSink(for: track.received) { DeliverySink(log) }
            for (layer, stream) in track.published.enumerated() {
                let place = number * layers + layer
                try await publisher.setSource(for: stream) {
                    TrafficSource(publisher: place, kind: kind, payloadType: payloadType, control: control)
                }
            }
        }
    }

    /// Runs something on the gateway's thread, by way of a stream that is made and removed for it.
    func onGatewayThread(_ job: @escaping @Sendable () -> Void) async throws {
        let stream = try await egress.addSendStream(.measured(.measured(.audio, payloadType: 102), ssrc: 99, mid: "x"))
        try await egress.setSource(for: stream) {
            job()
            return TrafficSource(publisher: 0, kind: .audio, payloadType: 102, control: TrafficControl())
        }
        try await egress.removeSendStream(stream)
    }

    private struct NotConnected: Error {
        var reason: SessionCloseReason
    }
}

extension RTPCodec {
    fileprivate static func measured(_ kind: MediaKind, payloadType: UInt8) -> RTPCodec {
        let type = kind == .audio ? payloadType + 10 : payloadType
        return kind == .audio
            ? RTPCodec(
                kind: .audio,
                name: "opus",
                payloadType: type,
                clockRate: 48_000,
                channels: 2,
                feedback: [.nack, .transportWide]
            )
            : RTPCodec(
                kind: .video,
                name: "H264",
                payloadType: type,
                clockRate: 90_000,
                parameters: [FormatParameter("packetization-mode", "1")],
                feedback: [.nack, .pictureLossIndication, .transportWide],
                retransmissionPayloadType: type + 1
            )
    }
}

extension HeaderExtensionMap {
    fileprivate static let measured: HeaderExtensionMap = {
        var map = HeaderExtensionMap()
        map[.mid] = 1
        map[.transportSequenceNumber] = 2
        return map
    }()
}

extension SendStreamParameters {
    fileprivate static func measured(_ codec: RTPCodec, ssrc: UInt32, mid: String) -> SendStreamParameters {
        SendStreamParameters(
            kind: codec.kind,
            mid: mid,
            ssrc: ssrc,
            retransmissionSSRC: codec.retransmissionPayloadType == nil ? nil : ssrc + 100,
            codec: codec,
            extensions: .measured,
            cname: "bench"
        )
    }
}

extension ReceiveTrackParameters {
    fileprivate static func measured(_ codec: RTPCodec, ssrcs: [UInt32], mid: String) -> ReceiveTrackParameters {
        ReceiveTrackParameters(
            kind: codec.kind,
            mid: mid,
            codecs: [codec],
            encodings: ssrcs.map { ssrc in
                RTPEncoding(
                    ssrc: ssrc,
                    retransmissionSSRC: codec.retransmissionPayloadType == nil ? nil : ssrc + 100
                )
            },
            extensions: .measured
        )
    }
}
