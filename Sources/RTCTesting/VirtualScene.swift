// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What happens in virtual time: no clock but its own, which goes from event to event.
package protocol VirtualScene: AnyObject {
    /// The present moment.
    var now: MonotonicTime { get set }

    /// When something happens next.
    var nextEvent: MonotonicTime? { get }

    /// Lets happen what is due now.
    func settle()
}

extension VirtualScene {
    /// Runs until a condition holds; answers whether it did before the time was up.
    @discardableResult
    package func run(for limit: Duration, until condition: () -> Bool = { false }) -> Bool {
        let end = now + limit
        settle()
        while !condition() {
            guard let next = nextEvent, next <= end else {
                now = max(now, end)
                settle()
                return condition()
            }
            now = max(now, next)
            settle()
        }
        return true
    }
}
