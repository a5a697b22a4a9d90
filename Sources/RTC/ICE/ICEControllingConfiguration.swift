// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a controlling agent begins with.
package struct ICEControllingConfiguration: Sendable {
    /// Our credentials; the peer learns the fragment from our checks.
    package var local: ICECredentials
    /// The credentials the peer told us.
    package var remote: ICECredentials
    /// Where the peer says it can be reached.
    package var candidates: [ICECandidate]
    /// How fast and for how long to check.
    package var timing: ICETiming

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - local: our credentials.
    ///   - remote: the credentials the peer told us.
    ///   - candidates: where the peer says it can be reached.
    ///   - timing: how fast and for how long to check.
    package init(
        local: ICECredentials,
        remote: ICECredentials,
        candidates: [ICECandidate],
        timing: ICETiming = ICETiming()
    ) {
        self.local = local
        self.remote = remote
        self.candidates = candidates
        self.timing = timing
    }
}

/// How fast and for how long a controlling agent checks.
package struct ICETiming: Sendable {
    /// Between the first checks of two pairs: Ta (RFC 8445 §14.2).
    package var pacing: Duration = .milliseconds(50)
    /// How long the peer's addresses by UDP are checked before a connection to its TCP addresses is opened.
    package var streamDelay: Duration = .milliseconds(300)
    /// How long the peer's own addresses are checked before a relay is asked for.
    package var relayDelay: Duration = .milliseconds(900)
    /// Between two checks of a pair that would be better than the one in use.
    package var improvementInterval: Duration = .seconds(5)
    /// From the first to the second check of a pair; the wait doubles each time.
    package var firstRetry: Duration = .milliseconds(100)
    /// The longest wait between two checks by UDP of a pair that has not answered.
    package var longestRetry: Duration = .milliseconds(400)
    /// The same by TCP or a relay, where a check may take a new connection.
    package var longestStreamRetry: Duration = .milliseconds(1_600)
    /// How long to try before the agent has failed.
    package var patience: Duration = .seconds(30)
    /// Between two checks of a path in use, on average: ×0.8…1.2 (RFC 7675 §5.1).
    package var consentInterval: Duration = .seconds(5)
    /// How long nothing at all comes by the path in use before that is checked; and the longest time between two checks
    /// of the other paths meanwhile.
    package var silentInterval: Duration = .seconds(1)
    /// Between two checks of a silent path: at least two round trips, where those are known, and `silentInterval` at most.
    package var silentRetry: Duration = .milliseconds(300)
    /// How much silence makes the agent `disconnected`.
    package var disconnectAfter: Duration = .seconds(2)
    /// How long unanswered checks and word of a closed port make the agent `disconnected`.
    package var refusalPatience: Duration = .milliseconds(500)
    /// How long sending goes on without an answer to a check (RFC 7675 §5.1).
    package var consentTimeout: Duration = .seconds(30)

    /// The usual times.
    package init() {}
}
