// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How long after its capture what a stream sends has left, smoothed as the interarrival jitter is (RFC 3550 §6.4.1).
struct CaptureDelay: Sendable, BitwiseCopyable {
    /// `nil` before anything has left.
    private(set) var value: Duration?

    /// What one picture or piece of sound counts for.
    private static let part = 16

    /// Takes the delay of a picture or piece of sound, up to its last packet.
    mutating func receive(_ delay: Duration) {
        value = value.map { $0 + (delay - $0) / Self.part } ?? delay
    }
}
