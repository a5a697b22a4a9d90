// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCDriver

/// How a capture follows its broadcast: from session to session of the publisher, and from way to way to the SFU.
extension Broadcast {
    /// Begins to record its packets: those of the sessions that it has, and of all that follow until it is over.
    ///
    /// - Parameter limits: how much is recorded at most.
    /// - Returns: the capture, and what is recorded, for one reader.
    /// - Throws: `Refusal.captureRunning` where one runs, `.broadcastNotFound` where it is over, `MediaWorkerError`.
    func startCapture(
        _ limits: CaptureLimits
    ) async throws -> (capture: PacketCapture, chunks: AsyncStream<CaptureChunk>) {
        try checkCapturable()
        let started = try await worker.capture(legs: CaptureLeg.allCases.count, limits: limits)
        do {
            try checkCapturable()
            // From here on sessions that begin come to it by themselves.
            capture = started.capture
            try await started.capture.record(mediaWays.map { ($0.media.id, leg: CaptureLeg($0.side).rawValue) })
        } catch {
            await started.capture.stop()
            throw error
        }
        return started
    }

    /// Lets the capture that runs go on with a session that begins.
    func record(_ media: MediaSession, on side: BroadcastReport.Transport.Side) async {
        // A worker that is gone has no packets.
        try? await capture?.record([(media.id, leg: CaptureLeg(side).rawValue)])
    }

    private func checkCapturable() throws(Refusal) {
        guard !isOver else { throw .broadcastNotFound }
        guard capture?.isOver ?? true else { throw .captureRunning }
    }
}
