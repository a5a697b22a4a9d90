// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The newest timestamp that a stream has sent, with the moments that belong to it.
struct SentTimestamp: Sendable, BitwiseCopyable {
    let timestamp: UInt32
    /// When what it stands for was captured; `nil` where its packets don't tell.
    let toldCapture: MonotonicTime?
    /// When its first packet was sent.
    let sentAt: MonotonicTime
    /// When its last packet so far was sent.
    var lastSentAt: MonotonicTime

    /// Takes the first packet of a timestamp.
    init(_ packet: OutgoingRTP, at now: MonotonicTime) {
        timestamp = packet.timestamp
        toldCapture = packet.capturedAt
        sentAt = now
        lastSentAt = now
    }

    /// From its capture to its last packet so far; `nil` where the capture is not told.
    var captureDelay: Duration? { toldCapture.map { lastSentAt - $0 } }

    /// The timestamp of a moment: what is captured then, or sent, where the capture is not told.
    func timestamp(at moment: MonotonicTime, by clock: RTPClock) -> UInt32 {
        timestamp &+ UInt32(truncatingIfNeeded: clock.ticks(in: moment - (toldCapture ?? sentAt)))
    }
}
