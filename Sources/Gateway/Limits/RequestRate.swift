// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How often requests may come from each of many: so many a second, and some seconds' worth at once.
///
/// A bucket for each that holds what is still allowed and fills again with time. Buckets that are full again are
/// forgotten, and all of them where there would be too many: memory is bounded whoever asks.
final class RequestRate<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var level: Double
        var filled: ContinuousClock.Instant
    }

    private let buckets = Mutex<[Key: Bucket]>([:])
    private let perSecond: Double
    private let size: Double
    private let capacity: Int
    /// What is allowed at once, in seconds' worth.
    private static var burst: Double { 5 }

    /// Makes a rate; `nil` for no limit.
    ///
    /// - Parameters:
    ///   - perSecond: how many are allowed a second; 0 for no limit.
    ///   - capacity: how many buckets are remembered.
    init?(perSecond: Int, capacity: Int = 10_000) {
        guard perSecond > 0 else { return nil }
        self.perSecond = Double(perSecond)
        self.capacity = capacity
        size = Double(perSecond) * Self.burst
    }

    /// Counts a request.
    ///
    /// - Parameters:
    ///   - key: where it comes from.
    ///   - now: the time.
    /// - Returns: `nil` where it is allowed, else the seconds to wait.
    func take(_ key: Key, at now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { buckets in
            if buckets[key] == nil, buckets.count >= capacity { makeRoom(in: &buckets, at: now) }
            let level = level(of: buckets[key], at: now)
            let isAllowed = level >= 1
            buckets[key] = Bucket(level: isAllowed ? level - 1 : level, filled: now)
            return isAllowed ? nil : max(1, Int(((1 - level) / perSecond).rounded(.up)))
        }
    }

    /// How many are remembered.
    var count: Int { buckets.withLock { $0.count } }

    private func level(of bucket: Bucket?, at now: ContinuousClock.Instant) -> Double {
        guard let bucket else { return size }
        return min(size, bucket.level + (now - bucket.filled) / .seconds(1) * perSecond)
    }

    private func makeRoom(in buckets: inout [Key: Bucket], at now: ContinuousClock.Instant) {
        buckets = buckets.filter { level(of: $0.value, at: now) < size }
        // Looking through as many again for each request would cost more than the requests.
        if buckets.count > capacity / 2 { buckets.removeAll() }
    }
}
