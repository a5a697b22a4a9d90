// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How long is waited between attempts; `jitter` is a random number from 0 up to 1.
package enum Backoff {
    /// The longest wait but for those that the service asks for: an outage of any length is outlived, and its end seen
    /// soon.
    package static let longest = Duration.seconds(5)

    /// After failure `k`: `k²·100` to `k²·200` ms (protocol page §2.8), in the end 4 to 5 s, so that those who wait
    /// don't all come back at once.
    package static func growing(_ k: Int, jitter: Double) -> Duration {
        let k = Double(min(k, 8))
        return .milliseconds(Int64(min(k * k * 100 * (1 + jitter), 4000 + 1000 * jitter)))
    }

    /// After refusal `k` for too many requests: 1 to 2 s, then twice as long each time, in the end 30 to 60 s.
    package static func limited(_ k: Int, jitter: Double) -> Duration {
        .milliseconds(Int64(Double(min(1000 << min(k - 1, 5), 30_000)) * (1 + jitter)))
    }

    /// Until all news of one loss is there: 50 to 100 ms.
    package static func settling(jitter: Double) -> Duration { .milliseconds(Int64(50 * (1 + jitter))) }
}
