// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Packets of sessions of one worker that are being recorded in plain, on one leg or another.
///
/// Sessions come to it and end as they like; it goes on until its limits, until it is stopped, or until its reader is gone.
package struct PacketCapture: Sendable {
    private let worker: MediaWorker.Handle
    private let name: UInt64
    private let progress: CaptureProgress

    init(_ worker: MediaWorker.Handle, _ name: UInt64, _ progress: CaptureProgress) {
        self.worker = worker
        self.name = name
        self.progress = progress
    }

    /// How many packets of each leg were not recorded so far because the reader was too slow.
    package var dropped: [UInt64] { progress.dropped }

    /// Whether nothing more is recorded.
    package var isOver: Bool { progress.isOver }

    /// Records what comes and goes by further sessions, from one moment on; of one that has ended, nothing.
    ///
    /// - Parameter sessions: the sessions, each with the leg that its packets are on.
    /// - Throws: `MediaWorkerError.captureRunning` where another capture records one of these, `.stopped`.
    package func record(_ sessions: [(session: PeerID, leg: Int)]) async throws {
        try await worker.perform { [name] in try $0.record(sessions, by: name) }
    }

    /// Ends it; what was recorded stays to be read.
    package func stop() async {
        // A worker that is gone has ended it.
        try? await worker.perform { [name] in $0.stopCapture(name) }
    }
}

extension MediaWorker.Handle {
    /// Begins a capture, of no session yet.
    ///
    /// - Parameters:
    ///   - legs: how many legs are told apart.
    ///   - limits: how much is recorded at most, of all sessions together.
    /// - Returns: the capture, and what is recorded, for one reader; that ends with the capture.
    /// - Throws: `MediaWorkerError.stopped`.
    package func capture(
        legs: Int,
        limits: CaptureLimits
    ) async throws -> (capture: PacketCapture, chunks: AsyncStream<CaptureChunk>) {
        let (chunks, continuation) = AsyncStream.makeStream(
            of: CaptureChunk.self,
            bufferingPolicy: .bufferingOldest(PacketTap.maximumChunks)
        )
        let progress = CaptureProgress(legs: legs)
        let name = try await perform { worker in
            let tap = PacketTap(worker.nextGeneration, limits, progress, into: continuation)
            worker.nextGeneration += 1
            worker.taps.append(tap)
            return tap.id
        }
        continuation.onTermination = { reason in
            progress.end()
            if case .cancelled = reason { post { $0.stopCapture(name) } }
        }
        return (PacketCapture(self, name, progress), chunks)
    }
}
