// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// When a call to the SFU API is repeated, as the SDK does it (protocol page §3.1).
struct SFURetry: Hashable, Sendable {
    /// Repetitions at most; 0 for calls that must not be repeated blindly.
    var limit: Int
    /// Statuses that no repetition mends.
    var finalStatuses: Set<Int> = []

    static let none = SFURetry(limit: 0)
    static let startForwarding = SFURetry(limit: 8, finalStatuses: [400, 401, 403, 429])
    static let createProducer = SFURetry(limit: 8, finalStatuses: [401])

    /// The wait before repetition `count` (from 0), or nil when it was the last attempt.
    func wait(before count: Int, after error: SkyWayError) -> Duration? {
        guard count < limit, !finalStatuses.contains(error.status ?? 0) else { return nil }
        return .milliseconds(count * count * 100)
    }
}
