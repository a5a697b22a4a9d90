// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A sender's wall clock over one of its streams, by its sender reports, as far as these make sense.
///
/// A report makes sense where its wall clock is set and goes forward, as fast as the timestamps do, and its timestamp
/// lies by what is being sent. One that does not is not believed, nor is the next one until another agrees with it.
struct ReportedClock: Sendable, BitwiseCopyable {
    /// What the sender's wall clock reads over the stream, in nanoseconds.
    private(set) var line: ClockLine
    private var latest: Pair
    /// An older report, which slow deviations show against.
    private var anchor: Pair
    private var heardAt: Int64
    private var agreeing = 1
    private var count = 1.0
    private var isDoubted = false

    /// A report: what the stream's clock and the wall clock read, in nanoseconds.
    struct Pair: Sendable, BitwiseCopyable {
        /// The place in the stream.
        var media: Int64
        /// The wall clock.
        var wall: Int64
    }

    /// Reports are made now, so their timestamps are near those of the packets.
    static let farthest: Int64 = 30_000_000_000
    /// By how much two reports may contradict each other: rounding, and the time between two readings.
    private static let noise: Int64 = 50_000_000
    private static let anchorInterval: Int64 = 30_000_000_000
    /// Without a report for so long, nothing is reported.
    private static let lifetime: Int64 = 30_000_000_000
    /// How much of what a report says otherwise is believed at once, of the first ones more.
    private static let shiftGain = 0.25
    private static let skewGain = 0.02

    /// Makes a clock of the first report that came.
    init(_ first: Pair, heardAt now: Int64) {
        line = ClockLine(source: first.media, target: first.wall)
        latest = first
        anchor = first
        heardAt = now
    }

    /// Whether what is reported is believed.
    func isTrusted(at now: Int64) -> Bool {
        agreeing >= (isDoubted ? 2 : 1) && now &- heardAt <= Self.lifetime
    }

    /// Whether a second report has agreed with the first.
    var isConfirmed: Bool { agreeing >= 2 }

    /// The wall clock of a report as it can be; `nil` where it is not set.
    static func isSet(_ wall: NTPTime) -> Bool {
        let seconds = wall.rawValue >> 32
        return wall.rawValue != 0 && seconds != 0xFFFF_FFFF
    }

    /// A report that can't be true came.
    mutating func doubt() {
        isDoubted = true
        agreeing = 0
    }

    /// Takes a further report.
    mutating func receive(_ pair: Pair, at now: Int64) {
        let (passed, elapsed) = (pair.media &- latest.media, pair.wall &- latest.wall)
        guard passed != 0 || elapsed != 0 else { return }
        guard elapsed > 0, agrees(passed, elapsed), agrees(pair.media &- anchor.media, pair.wall &- anchor.wall) else {
            self = ReportedClock(pair, heardAt: now)
            isDoubted = true
            return
        }
        heardAt = now
        agreeing = min(agreeing + 1, 2)
        if isDoubted, agreeing >= 2 { isDoubted = false }
        count = min(count + 1, 1 / Self.shiftGain)
        let error = Double(pair.wall &- line.target(at: pair.media))
        line.turn(by: Self.skewGain * error / Double(max(elapsed, 1)), at: pair.media)
        line.shift(by: Int64(error / count))
        latest = pair
        if elapsedSinceAnchor > Self.anchorInterval { anchor = pair }
    }

    private var elapsedSinceAnchor: Int64 { latest.wall &- anchor.wall }

    private func agrees(_ passed: Int64, _ elapsed: Int64) -> Bool {
        (passed &- elapsed).magnitude <= UInt64(Self.noise) + elapsed.magnitude / 1_000
    }
}
