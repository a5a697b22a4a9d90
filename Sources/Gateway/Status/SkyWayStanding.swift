// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay
import Synchronization

/// Whether SkyWay takes what this gateway is set up with, as far as publishers have found out.
///
/// An outage is no matter of the set-up and changes nothing here. A refusal that concerns all publishers alike counts
/// for a minute, or until one is taken: by then somebody may have mended what only SkyWay can tell.
package final class SkyWayStanding: Sendable {
    private struct Refused {
        var error: SkyWayError
        var at: ContinuousClock.Instant
    }

    /// How long a refusal counts.
    static let memory = Duration.seconds(60)

    private let last = Mutex<Refused?>(nil)

    /// Makes the standing of a gateway that nothing is known of.
    package init() {}

    /// SkyWay took a publisher.
    func taken() { last.withLock { $0 = nil } }

    /// SkyWay, or what makes tokens, refused a publisher.
    func refused(_ error: SkyWayError, at now: ContinuousClock.Instant = .now) {
        guard error.concernsAll else { return }
        last.withLock { $0 = Refused(error: error, at: now) }
    }

    /// Why nobody can publish; `nil` where that is not known.
    func refusal(at now: ContinuousClock.Instant = .now) -> SkyWayError? {
        last.withLock { last in
            guard let last, now - last.at < Self.memory else { return nil }
            return last.error
        }
    }
}

extension SkyWayError {
    /// Whether every publisher would be refused for it until somebody changes something.
    ///
    /// So it is with a wrong secret or application, and a plan that is used up. What a token server gives may be for one
    /// room, and so may what a scope allows.
    fileprivate var concernsAll: Bool {
        switch code {
        case .tokenRefused: service != .tokenServer
        case .usageLimitReached: true
        default: false
        }
    }
}
