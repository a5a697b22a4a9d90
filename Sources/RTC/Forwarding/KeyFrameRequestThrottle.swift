// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Lets at most one key-frame request per interval through; one that came too early is kept until it may go.
package struct KeyFrameRequestThrottle: Sendable, BitwiseCopyable {
    /// The least time between two requests.
    package let interval: Duration
    /// When a request that is kept may go; `nil` when none is.
    package private(set) var deadline: MonotonicTime?
    private var lastSent: MonotonicTime?

    /// Makes a throttle.
    ///
    /// - Parameter interval: the least time between two requests.
    package init(interval: Duration = .milliseconds(500)) {
        self.interval = interval
    }

    /// Someone wants a key frame.
    ///
    /// - Parameter now: the present moment.
    /// - Returns: whether to send the request at once; if not, it is kept.
    package mutating func request(at now: MonotonicTime) -> Bool {
        if let lastSent, now < lastSent + interval {
            deadline = lastSent + interval
            return false
        }
        send(at: now)
        return true
    }

    /// Time has passed.
    ///
    /// - Parameter now: the present moment.
    /// - Returns: whether to send the request that was kept.
    package mutating func advance(to now: MonotonicTime) -> Bool {
        guard let deadline, deadline <= now else { return false }
        send(at: now)
        return true
    }

    /// A key frame has begun, so that nobody waits any longer.
    package mutating func keyFrameStarted() {
        deadline = nil
    }

    private mutating func send(at now: MonotonicTime) {
        lastSent = now
        deadline = nil
    }
}
