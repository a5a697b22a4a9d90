// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Whether a peer that was told a bit rate goes far beyond it, for long: one and a half times as much, over ten seconds.
///
/// It looks at a counter that there is anyway, every two seconds, so that no packet costs anything. Peaks of an encoder
/// and what is sent again after a loss pass.
struct BitrateLimit: Sendable, BitwiseCopyable {
    private struct Look: BitwiseCopyable {
        var bytes: UInt64
        var at: MonotonicTime
    }

    private static let interval: Duration = .seconds(2)
    private static let tolerance = 1.5

    /// When the counter is to be looked at.
    private(set) var deadline: MonotonicTime
    private let maximum: Double
    /// The last looks, the oldest of which is as old as the time that counts.
    private var looks: InlineArray<5, Look>
    private var count = 0

    /// Makes a limit for somebody who has not sent anything.
    ///
    /// - Parameters:
    ///   - bitrate: the bits per second that it was told.
    ///   - now: the present moment.
    init(_ bitrate: UInt64, at now: MonotonicTime) {
        maximum = Double(bitrate) * Self.tolerance
        deadline = now + Self.interval
        looks = InlineArray(repeating: Look(bytes: 0, at: now))
    }

    /// Looks at the counter, where that is due.
    ///
    /// - Parameters:
    ///   - bytes: all that ever came.
    ///   - now: the present moment.
    /// - Returns: whether more came than is tolerated.
    mutating func isExceeded(by bytes: UInt64, at now: MonotonicTime) -> Bool {
        guard now >= deadline else { return false }
        deadline = now + Self.interval
        let place = count % looks.count
        let oldest = looks[place]
        looks[place] = Look(bytes: bytes, at: now)
        count += 1
        guard count > looks.count else { return false }
        return Double((bytes - oldest.bytes) * 8) / (now - oldest.at).inSeconds > maximum
    }
}
