// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The bit rate of an incoming layer, measured whenever somebody asks.
struct LayerMeter {
    private static let interval: Duration = .milliseconds(400)
    private static let longestInterval: Duration = .seconds(2)
    /// How much of the rate is that of the last interval.
    private static let weight = 0.4
    /// What headers and protection add to each payload, in bytes.
    private static let overhead: UInt64 = 40

    private var octets: UInt64
    private var measuredAt: MonotonicTime
    /// Bits per second; `nil` before anything was measured.
    private(set) var bitrate: Double?

    /// Begins to measure.
    init(_ reception: ReceiveStatistics, at now: MonotonicTime) {
        octets = Self.octets(reception)
        measuredAt = now
    }

    /// Takes the counters of this moment.
    mutating func measure(_ reception: ReceiveStatistics, at now: MonotonicTime) {
        let elapsed = now - measuredAt
        guard elapsed >= Self.interval else { return }
        let present = Self.octets(reception)
        guard present >= octets, elapsed < Self.longestInterval else {
            self = LayerMeter(reception, at: now)
            return
        }
        let measured = Double((present - octets) * 8) / elapsed.inSeconds
        bitrate = bitrate.map { $0 + Self.weight * (measured - $0) } ?? measured
        octets = present
        measuredAt = now
    }

    private static func octets(_ reception: ReceiveStatistics) -> UInt64 {
        reception.octets + reception.packets * overhead
    }
}
