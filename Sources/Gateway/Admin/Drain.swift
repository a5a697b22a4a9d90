// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether the gateway lets its sessions run out: new publishers are refused or sent elsewhere, running ones go on.
///
/// Operators begin and end it by the administrative routes and by signals; `DrainConductor` does what follows.
package final class Drain: Sendable {
    /// What is to be done with publishers meanwhile.
    package struct Request: Hashable, Sendable {
        /// Where new publishers are sent to; `nil` to refuse them.
        package var redirect: WebOrigin?
        /// How long running sessions may go on; `nil` for as long as they like.
        package var limit: Duration?

        /// Makes a request.
        package init(redirect: WebOrigin? = nil, limit: Duration? = nil) {
            self.redirect = redirect
            self.limit = limit
        }
    }

    /// A drain that is under way.
    package struct Course: Hashable, Sendable {
        /// What was asked for.
        package var request: Request
        /// When it began, or was asked for anew.
        package var began: ContinuousClock.Instant

        /// When sessions that are left end.
        package var end: ContinuousClock.Instant? { request.limit.map { began + $0 } }
    }

    private let state = Mutex<Course?>(nil)
    /// A drain that begins or ends, for one reader; of several in a row the last.
    let changes: AsyncStream<Course?>
    private let changing: AsyncStream<Course?>.Continuation

    /// Makes the switch of a gateway that takes publishers.
    package init() {
        (changes, changing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The drain that is under way; `nil` where publishers are taken.
    package var course: Course? { state.withLock { $0 } }

    /// Begins to drain; asked for in the same way again, it goes on as it is.
    package func begin(_ request: Request) {
        state.withLock { state in
            guard state?.request != request else { return }
            state = Course(request: request, began: .now)
            changing.yield(state)
        }
    }

    /// Takes publishers again.
    package func end() {
        state.withLock { state in
            guard state != nil else { return }
            state = nil
            changing.yield(nil)
        }
    }
}
