// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What one server gives out at most, all channels together.
package struct UsageLimits: Hashable, Sendable {
    /// The most channels that it keeps.
    package var channels = 10_000
    /// The most requests of one RTC API socket in a second, `nil` for any number.
    ///
    /// The service has such a limit, and says no number (protocol page §3.8).
    package var requestsPerSecond: Int?
    /// The RTC API sockets that may be opened before the plan counts as used up (protocol page §2.8, 4291); `nil` for any
    /// number.
    package var connections: Int?

    /// Ten thousand channels, and nothing else limited.
    package init() {}
}

/// A limit that can be set by its name.
package enum LimitName: String, CaseIterable, Sendable {
    case members
    case publications
    case publicationsPerMember = "publications-per-member"
    case subscriptions
    case subscriptionsPerMember = "subscriptions-per-member"
    case subscriptionsPerPublication = "subscriptions-per-publication"
    case channels
    case requestsPerSecond = "requests-per-second"
    case connections
}

extension SkyWayLocalConfiguration {
    /// Sets a limit.
    ///
    /// - Parameters:
    ///   - name: which.
    ///   - value: the most there may be.
    package mutating func limit(_ name: LimitName, to value: Int) {
        switch name {
        case .members: limits.members = value
        case .publications: limits.publications = value
        case .publicationsPerMember: limits.publicationsOfMember = value
        case .subscriptions: limits.subscriptions = value
        case .subscriptionsPerMember: limits.subscriptionsOfMember = value
        case .subscriptionsPerPublication: limits.subscriptionsToPublication = value
        case .channels: usage.channels = value
        case .requestsPerSecond: usage.requestsPerSecond = value
        case .connections: usage.connections = value
        }
    }
}
