// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// A silent transport: ICE restarts, up to eight, and then another forwarding.
extension RecoveryStateMachine {
    /// The restarts of one transport.
    struct ICERestart: Hashable {
        var transport: String
        /// Restarts that came to nothing, those that did not reach the SFU's API left out.
        var failures = 0
        /// Attempts that the SFU's API did not hear of, one after another.
        var misses = 0
        /// When the next attempt is due, or the search is over.
        var notBefore: Moment
        /// Whether credentials are being asked for.
        var isAsking = false
        /// Whether a path is looked for with new credentials.
        var isSearching = false
    }

    /// How long a path is looked for with new credentials (protocol page §3.6).
    static let search = Duration.seconds(5)
    /// The longest wait where the API is out of reach: the path may be back with it.
    static let longestMiss = Duration.seconds(1)

    mutating func next(_ restart: ICERestart, at now: Moment, _ jitter: Double) -> Step {
        var restart = restart
        if restart.isAsking { return .rest }
        if now < restart.notBefore { return .wait(until: restart.notBefore) }
        if restart.isSearching {
            restart.isSearching = false
            return failed(restart, at: now, jitter)
        }
        restart.isAsking = true
        state = .restarting(restart)
        return .restartICE(restart.transport)
    }

    /// The transport has new credentials.
    mutating func restarted(_ id: String, at now: Moment) {
        guard case .restarting(var restart) = state, restart.transport == id else { return }
        restart.isAsking = false
        restart.isSearching = true
        restart.misses = 0
        restart.notBefore = now + Self.search
        state = .restarting(restart)
    }

    /// The transport has no new credentials.
    mutating func notRestarted(_ id: String, _ error: SkyWayError, at now: Moment, jitter: Double) {
        guard case .restarting(var restart) = state, restart.transport == id else { return }
        restart.isAsking = false
        switch error.code {
        case .rateLimited:
            restart.misses += 1
            restart.notBefore = now + Backoff.limited(restart.misses, jitter: jitter)
            state = .restarting(restart)
        case .unreachable, .timeout, .tokenRefused, .stopped:
            restart.misses += 1
            restart.notBefore = now + min(Backoff.growing(restart.misses, jitter: jitter), Self.longestMiss)
            state = .restarting(restart)
        default:
            // Refused: the transport is not there, or not ours to restart.
            guard (error.status ?? 500) >= 500 else { return giveUp(restart, at: now) }
            _ = failed(restart, at: now, jitter)
        }
        recovery?.attempt += 1
    }

    private mutating func failed(_ failed: ICERestart, at now: Moment, _ jitter: Double) -> Step {
        var restart = failed
        restart.failures += 1
        recovery?.attempt += 1
        guard restart.failures < Self.mostFailures else {
            giveUp(restart, at: now)
            return .wait(until: now)
        }
        restart.notBefore = now + Backoff.growing(restart.failures, jitter: jitter)
        state = .restarting(restart)
        return .wait(until: restart.notBefore)
    }

    private mutating func giveUp(_ restart: ICERestart, at now: Moment) {
        silent.remove(restart.transport)
        state = .restoring(Restoration(transports: [restart.transport], notBefore: now))
    }
}
