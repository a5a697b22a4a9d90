// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// A session on a worker, as the rest of the program holds it.
///
/// Its methods hop to the worker and back; they throw `MediaWorkerError.sessionEnded` once the session is over. Letting
/// the value go does not end the session: `close()` does, the peer, or the session's own policy.
package struct MediaSession: Sendable, Identifiable {
    /// Names the session within its worker.
    package let id: PeerID
    /// The worker it lives on; only sessions of one worker can forward to each other.
    package let worker: MediaWorker.Handle
    /// What happens to it, for one reader; ends with the session.
    ///
    /// Media and wishes for key frames don't show here.
    package let events: AsyncStream<SessionEvent>
    private let lastWords: LastWords
    private let ownPort: UInt16?

    init(_ opened: OpenedSession, worker: MediaWorker.Handle) {
        id = opened.id
        events = opened.events
        lastWords = opened.lastWords
        ownPort = opened.ownPort
        self.worker = worker
    }

    /// Where it can be reached at this moment, best first.
    package var candidates: [ICECandidate] {
        ownPort.map { worker.candidates(ofPort: $0) } ?? worker.candidates
    }

    /// Tells the session how it is secured, where its configuration left that open.
    ///
    /// - Throws: `MediaWorkerError`.
    package func connect(_ parameters: DTLSParameters) async throws {
        try await perform { try $0.session.connect(parameters) }
    }

    /// Adds a track to be received.
    ///
    /// - Throws: `MediaWorkerError`.
    package func addReceiveTrack(_ parameters: ReceiveTrackParameters) async throws -> TrackIndex {
        try await perform { try $0.session.addReceiveTrack(parameters) }
    }

    /// Removes a track with the forwardings that it feeds.
    ///
    /// - Throws: `MediaWorkerError`.
    package func removeReceiveTrack(_ track: TrackIndex) async throws {
        try await worker.perform(on: id) { worker, peer in
            worker.stopForwardings(of: track, from: peer)
            peer.sinks.removeAll { $0.track == track }
            worker.forgetStreams(of: track, from: peer)
            peer.session.removeReceiveTrack(track)
        }
    }

    /// Adds a stream to be sent.
    ///
    /// - Throws: `MediaWorkerError`.
    package func addSendStream(_ parameters: SendStreamParameters) async throws -> SendStreamIndex {
        try await perform { peer in
            let stream = try peer.session.addSendStream(parameters)
            peer.pacing?.setPaced(parameters.kind == .video, stream)
            return stream
        }
    }

    /// Removes an outgoing stream with the forwardings and the source that feed it.
    ///
    /// - Throws: `MediaWorkerError`.
    package func removeSendStream(_ stream: SendStreamIndex) async throws {
        try await worker.perform(on: id) { worker, peer in
            for feed in peer.feeds where feed.stream == stream { worker.stopForwarding(feed.id, to: peer.id) }
            peer.heads[stream] = nil
            peer.held.remove(stream)
            peer.sources.removeAll { $0.stream == stream }
            peer.session.removeSendStream(stream)
        }
    }

    /// Lets a source make the packets of an outgoing stream; replaces the stream's former source.
    ///
    /// - Parameters:
    ///   - stream: the stream.
    ///   - make: makes the source, on the worker's thread.
    /// - Throws: `MediaWorkerError`.
    package func setSource(for stream: SendStreamIndex, _ make: @escaping @Sendable () -> any MediaSource) async throws
    {
        try await worker.perform(on: id) { worker, peer in
            peer.sources.removeAll { $0.stream == stream }
            peer.sources.append(SourceSlot(stream: stream, source: make()))
            worker.pullSources(of: peer)
        }
    }

    /// Lets a sink take the packets of a track; replaces the track's former sink.
    ///
    /// - Parameters:
    ///   - track: the track.
    ///   - make: makes the sink, on the worker's thread.
    /// - Throws: `MediaWorkerError`.
    package func setSink(for track: TrackIndex, _ make: @escaping @Sendable () -> any MediaSink) async throws {
        try await worker.perform(on: id) { _, peer in
            peer.sinks.removeAll { $0.track == track }
            peer.sinks.append(SinkSlot(track: track, sink: make()))
        }
    }

    /// Asks the sender of a layer for a key frame, at most once in 500 ms.
    ///
    /// - Throws: `MediaWorkerError`.
    package func requestKeyFrame(of track: TrackIndex, encoding: EncodingIndex = EncodingIndex(0)) async throws {
        try await worker.perform(on: id) { worker, peer in
            worker.requestKeyFrame(from: peer, at: Route.place(of: track, encoding))
        }
    }

    /// Lets the events tell what is unusual about the streams that are received (`SessionEvent.observed`).
    ///
    /// To be called before they begin. Now and then a key frame is asked for, to see whether the publisher answers.
    ///
    /// - Throws: `MediaWorkerError`.
    package func observeStreams() async throws {
        try await perform { $0.observesStreams = true }
    }

    /// Begins an ICE restart of a lite session; the former credentials stay valid until the new ones are used.
    ///
    /// - Throws: `MediaWorkerError`.
    package func restartICE(local credentials: ICECredentials) async throws {
        try await worker.perform(on: id) { worker, peer in
            guard worker.multiplexer.register(credentials.usernameFragment, for: peer.id.slot) else {
                throw MediaWorkerError.fragmentInUse
            }
            peer.session.restartICE(local: credentials)
            worker.multiplexer.retain(peer.session.acceptedUsernameFragments, for: peer.id.slot)
        }
    }

    /// Begins an ICE restart of a controlling session; the path in use is kept until a new one works.
    ///
    /// - Throws: `MediaWorkerError`.
    package func restartICE(remote credentials: ICECredentials) async throws {
        try await worker.perform(on: id) { worker, peer in
            peer.session.restartICE(remote: credentials, at: worker.now)
        }
    }

    /// Adds a candidate of the peer; a lite session needs none.
    ///
    /// - Throws: `MediaWorkerError`.
    package func addRemoteCandidate(_ candidate: ICECandidate) async throws {
        try await worker.perform(on: id) { worker, peer in
            peer.session.addRemoteCandidate(candidate, at: worker.now)
        }
    }

    /// What the session has done so far.
    ///
    /// - Throws: `MediaWorkerError`.
    package func statistics() async throws -> MediaSessionStatistics {
        try await worker.perform(on: id) { worker, peer in worker.statistics(of: peer) }
    }

    /// What the session had done when it ended; `nil` while it goes on.
    package var lastStatistics: MediaSessionStatistics? { lastWords.statistics }

    /// Ends the session; returns when `close_notify` has left, with what it had done when it ended.
    @discardableResult
    package func close() async -> MediaSessionStatistics? {
        try? await worker.perform(on: id) { worker, peer in
            peer.session.close(at: worker.now)
            worker.drain(peer)
            worker.flush()
        }
        return lastStatistics
    }

    /// Runs a job on the session and wraps what it refuses.
    private func perform<Value: Sendable>(_ job: @escaping @Sendable (Peer) throws -> Value) async throws -> Value {
        try await worker.perform(on: id) { _, peer in
            do {
                return try job(peer)
            } catch let error as SessionError {
                throw MediaWorkerError.session(error)
            }
        }
    }
}
