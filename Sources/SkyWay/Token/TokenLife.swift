// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How long tokens live, and when they are renewed.
package enum TokenLife {
    /// A token that has less left is not begun with: the next one could not be had and told in time.
    package static let shortest = Duration.seconds(45)
    /// SkyWay's own limit (protocol page §1.1).
    package static let longest = Duration.seconds(3 * 24 * 3600)

    /// How long after it was got a token is to be replaced: at 60 % of its life or 60 s before its end, whichever comes
    /// first, but not before 30 % of its life.
    ///
    /// - Parameters:
    ///   - life: what the token had left when it was got.
    ///   - jitter: a random number from 0 up to 1: many broadcasts that began together don't renew together.
    /// - Returns: the moment, up to a twentieth of the life before those.
    static func renewal(of life: Duration, jitter: Double) -> Duration {
        let earliest = life * 0.3
        let latest = max(earliest, min(life * 0.6, life - .seconds(60)))
        return max(earliest, latest - life * (0.05 * jitter))
    }
}

extension AuthToken {
    /// What the token has left.
    ///
    /// - Parameter now: the server's time, in seconds since 1970.
    /// - Returns: the time to its end; negative behind that.
    func life(at now: Double) -> Duration { .seconds(Double(expiresAt) - now) }
}
