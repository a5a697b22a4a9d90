// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What of a session goes to which streams of another one on the same worker.
extension MediaSession {
    /// Forwards a layer of a track to an outgoing stream of another session on the same worker.
    ///
    /// It takes the place of whatever fed the stream before: sequence numbers go on by one, timestamps by the time that
    /// passed.
    ///
    /// - Parameters:
    ///   - track: the track of this session.
    ///   - encoding: its layer.
    ///   - destination: the session that sends it on.
    ///   - stream: the stream of that session.
    ///   - configuration: how packets are changed.
    /// - Returns: the forwarding, to end it by; it ends with either session as well, or when another takes its place.
    /// - Throws: `MediaWorkerError`.
    package func forward(
        _ track: TrackIndex,
        encoding: EncodingIndex = EncodingIndex(0),
        to destination: MediaSession,
        stream: SendStreamIndex,
        configuration: ForwardingConfiguration
    ) async throws -> Forwarding {
        try await forward(track, .fixed(encoding), to: destination, stream, configuration)
    }

    /// Forwards the best layer of a track, by what is measured of each, that is there and that the destination can take.
    ///
    /// What is found is told by `SessionEvent.layers`.
    ///
    /// - Parameters:
    ///   - track: the track of this session.
    ///   - destination: the session that sends it on.
    ///   - stream: the stream of that session.
    ///   - configuration: how packets are changed.
    /// - Returns: the forwarding, to end it by; it ends with either session as well.
    /// - Throws: `MediaWorkerError`.
    package func forward(
        bestOf track: TrackIndex,
        to destination: MediaSession,
        stream: SendStreamIndex,
        configuration: ForwardingConfiguration
    ) async throws -> Forwarding {
        try await forward(track, .best, to: destination, stream, configuration)
    }

    /// Forwards the best layer of a track that is there and that the destination can take.
    ///
    /// - Parameters:
    ///   - track: the track of this session.
    ///   - limit: the best layer to forward, in the order in which the layers were offered.
    ///   - destination: the session that sends it on.
    ///   - stream: the stream of that session.
    ///   - configuration: how packets are changed.
    /// - Returns: the forwarding, to change the limit and to end it by; it ends with either session as well.
    /// - Throws: `MediaWorkerError`.
    package func forward(
        _ track: TrackIndex,
        upTo limit: EncodingIndex,
        to destination: MediaSession,
        stream: SendStreamIndex,
        configuration: ForwardingConfiguration
    ) async throws -> Forwarding {
        try await forward(track, .upTo(limit), to: destination, stream, configuration)
    }

    /// Forwards every layer of a track, each to the outgoing stream of its rank by what is measured of it.
    ///
    /// A rank stays with its layer. Streams for which there is no layer get nothing; where there are fewer streams than
    /// layers, those of the highest quality are left out. What is found is told by `SessionEvent.layers`.
    ///
    /// - Parameters:
    ///   - track: the track of this session.
    ///   - destination: the session that sends it on.
    ///   - streams: the streams of that session, lowest quality first.
    ///   - configuration: how packets are changed; sequence numbers and timestamps begin alike in all streams.
    /// - Returns: the forwardings, in the order of the streams; they end with either session as well.
    /// - Throws: `MediaWorkerError`.
    package func forward(
        layersOf track: TrackIndex,
        to destination: MediaSession,
        streams: [SendStreamIndex],
        configuration: ForwardingConfiguration
    ) async throws -> [Forwarding] {
        let requests = streams.enumerated().map { rank, stream in
            request(track, .rank(rank), to: destination, stream, configuration)
        }
        return try await start(requests, to: destination)
    }

    private func forward(
        _ track: TrackIndex,
        _ layer: LayerPolicy,
        to destination: MediaSession,
        _ stream: SendStreamIndex,
        _ configuration: ForwardingConfiguration
    ) async throws -> Forwarding {
        try await start([request(track, layer, to: destination, stream, configuration)], to: destination)[0]
    }

    private func request(
        _ track: TrackIndex,
        _ layer: LayerPolicy,
        to destination: MediaSession,
        _ stream: SendStreamIndex,
        _ configuration: ForwardingConfiguration
    ) -> ForwardingRequest {
        ForwardingRequest(
            source: id,
            track: track,
            layer: layer,
            destination: destination.id,
            stream: stream,
            configuration: configuration
        )
    }

    private func start(_ requests: [ForwardingRequest], to destination: MediaSession) async throws -> [Forwarding] {
        guard worker.isSame(as: destination.worker) else { throw MediaWorkerError.differentWorkers }
        let ids = try await worker.perform { worker in try requests.map { try worker.startForwarding($0) } }
        return ids.map { Forwarding(id: $0, destination: destination) }
    }
}

/// A layer that is being forwarded.
package struct Forwarding: Sendable {
    let id: ForwardingID
    let destination: MediaSession

    /// Lets the layer that is forwarded be at best this one, from its next key frame on.
    ///
    /// - Throws: `MediaWorkerError`.
    package func prefer(_ layer: EncodingIndex) async throws {
        let id = id
        try await destination.worker.perform(on: destination.id) { worker, peer in
            try worker.prefer(layer, by: id, to: peer)
        }
    }

    /// Ends it; without effect once either session has ended.
    package func stop() async {
        let (id, peer) = (id, destination.id)
        try? await destination.worker.perform { $0.stopForwarding(id, to: peer) }
    }
}
