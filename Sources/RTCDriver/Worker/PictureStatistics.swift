// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What is seen in the packets of one incoming layer of video.
package struct PictureStatistics: Hashable, Sendable {
    /// The track.
    package var track: TrackIndex
    /// The layer.
    package var encoding: EncodingIndex
    /// Its frames.
    package var frames: FrameCount
    /// The size of its picture, where its key frames tell it.
    package var size: PictureSize?
    /// H264: profile and level as its parameter sets have them; `nil` before any came.
    package var profileLevel: H264ProfileLevel?
}

extension MediaWorker {
    /// What is seen in the packets of a peer's video.
    func pictures(of peer: Peer) -> [PictureStatistics] {
        peer.inspectors.indices.compactMap { place in
            guard let inspector = peer.inspectors[place], inspector.frames.frames > 0 else { return nil }
            let (track, encoding) = Route.layer(at: place)
            return PictureStatistics(
                track: track,
                encoding: encoding,
                frames: FrameCount(inspector.frames),
                size: inspector.pictureSize,
                profileLevel: inspector.parameterSets.latestSequence?.profileLevel
            )
        }
    }
}

extension MediaWorker.Handle {
    /// What several sessions have done so far, by one job of the worker.
    ///
    /// - Parameter sessions: the sessions, of this worker.
    /// - Returns: what each has done, in the same order; `nil` for those that have ended.
    /// - Throws: `MediaWorkerError.stopped`.
    package func statistics(of sessions: [PeerID]) async throws -> [MediaSessionStatistics?] {
        try await perform { worker in
            sessions.map { id in worker.peer(id).map { worker.statistics(of: $0) } }
        }
    }
}
