// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Decides which packets of an outgoing stream tell when they were captured, where their sender does not tell it itself.
///
/// As abs-capture-time has it (webrtc.org, "Timestamp interpolation"): about once a second, and where the relation of
/// the clocks has jumped; receivers interpolate in between. Such moments are of our own clock, so that its offset is
/// none: we present ourselves as the capture system.
struct CaptureTimeSchedule: Sendable, BitwiseCopyable {
    private var lastMade: MonotonicTime?
    private var lastForwarded: MonotonicTime?

    private static let interval: Duration = .seconds(1)
    /// A sender that told it within this time tells it itself: libwebrtc does so every 5 s.
    private static let senderInterval: Duration = .seconds(12)

    /// Timestamps and moments lie otherwise to each other than before: the next packet tells.
    mutating func relationChanged() {
        lastMade = nil
    }

    /// Adds the moment of capture, where it is time.
    ///
    /// - Parameters:
    ///   - extensions: what is to be forwarded.
    ///   - capturedAt: when the packet was captured.
    ///   - isNewer: whether it is the first packet of its timestamp.
    ///   - wallClock: the clock of the sender reports.
    ///   - now: the moment of sending.
    mutating func complete(
        _ extensions: inout ForwardedExtensions,
        capturedAt: MonotonicTime?,
        isNewer: Bool,
        _ wallClock: WallClock,
        at now: MonotonicTime
    ) {
        if extensions.absCaptureTimestamp != nil {
            lastForwarded = now
            return
        }
        guard isNewer, let capturedAt else { return }
        if let lastForwarded, now < lastForwarded + Self.senderInterval { return }
        if let lastMade, now < lastMade + Self.interval { return }
        lastMade = now
        extensions.absCaptureTimestamp = wallClock.time(at: capturedAt).rawValue
        extensions.absCaptureClockOffset = 0
    }
}
