// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a lite agent asks of the requests it answers, and what it takes for a sign of life.
package struct ICERules: Sendable {
    /// Whether a request without FINGERPRINT is answered with 400.
    package var requiresFingerprint: Bool
    /// Whether a request without PRIORITY is answered with 400.
    package var requiresPriority: Bool
    /// Whether authenticated media keeps the path, as requests do.
    package var trafficKeepsAlive: Bool
    /// How long the path stays without a sign of life.
    package var timeout: Duration

    /// Makes rules.
    ///
    /// - Parameters:
    ///   - requiresFingerprint: whether a request without FINGERPRINT is answered with 400.
    ///   - requiresPriority: whether a request without PRIORITY is answered with 400.
    ///   - trafficKeepsAlive: whether authenticated media keeps the path, as requests do.
    ///   - timeout: how long the path stays without a sign of life.
    package init(
        requiresFingerprint: Bool,
        requiresPriority: Bool,
        trafficKeepsAlive: Bool,
        timeout: Duration = .seconds(30)
    ) {
        self.requiresFingerprint = requiresFingerprint
        self.requiresPriority = requiresPriority
        self.trafficKeepsAlive = trafficKeepsAlive
        self.timeout = timeout
    }

    /// Towards publishers: FFmpeg 8.0 sends neither priority nor role, and no check after its first ones.
    package static let ingest = ICERules(requiresFingerprint: false, requiresPriority: false, trafficKeepsAlive: true)
    /// Towards publishers whose session ends by a policy of its own.
    ///
    /// - Parameter liveness: the policy; the path stays until it has ended the session, so that the end can be told.
    /// - Returns: the rules.
    package static func ingest(outliving liveness: Liveness) -> ICERules {
        var rules = ingest
        rules.timeout = max(liveness.media, liveness.binding) + .seconds(1)
        return rules
    }

    /// Towards SkyWay's clients: what mediasoup asks for.
    package static let mediasoup = ICERules(
        requiresFingerprint: true,
        requiresPriority: true,
        trafficKeepsAlive: false
    )
}
