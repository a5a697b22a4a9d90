// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The connection to the RTC API: when to open it, when to open it again, when to give up (protocol page §2.8).
struct RTCAPIConnectionStateMachine {
    private enum State {
        case idle
        case connecting(attempt: Int, wasOpen: Bool)
        case open(attempt: Int)
        case waiting(attempt: Int)
        case stopped(SkyWayError)
    }

    /// What to do after the connection was lost or could not be made.
    enum LostAction: Hashable {
        case reconnect(after: Duration)
        /// With another token, and not before there is one.
        case renewToken(after: Duration)
        case stop(SkyWayError)
    }

    /// What to do once it is open.
    enum OpenedAction: Hashable {
        case ready
        /// Send unfinished requests again, in order and as they were, then subscribe to events again.
        case resume
        case close
    }

    /// So many tokens that are refused in a row are one that no other mends.
    private static let finalRefusal = 3

    private var state = State.idle

    var isOpen: Bool {
        if case .open = state { return true }
        return false
    }

    /// Why no connection is made any more.
    var stopReason: SkyWayError? {
        if case .stopped(let error) = state { return error }
        return nil
    }

    /// A connection is being made; false when none is wanted any more.
    mutating func connecting() -> Bool {
        switch state {
        case .idle: state = .connecting(attempt: 1, wasOpen: false)
        case .waiting(let attempt): state = .connecting(attempt: attempt, wasOpen: true)
        case .connecting, .open: preconditionFailure("one connection at a time")
        case .stopped: return false
        }
        return true
    }

    mutating func opened() -> OpenedAction {
        switch state {
        case .connecting(let attempt, let wasOpen):
            state = .open(attempt: attempt)
            return wasOpen ? .resume : .ready
        case .stopped: return .close
        case .idle, .open, .waiting: preconditionFailure("opened without connecting")
        }
    }

    /// The attempt failed.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - refusals: How many tokens have been refused in a row, where this one was.
    ///   - jitter: A random number from 0 up to 1.
    /// - Returns: The first attempt is the only one: whoever asked for the link wants to know at once. Later ones are
    ///   repeated; a token that is refused may have run out, and the next one may have been made before whatever ended the
    ///   first one was over. The third one in a row is refused for good.
    mutating func failed(_ error: SkyWayError, refusals: Int = 1, jitter: Double) -> LostAction {
        switch state {
        case .connecting(let attempt, true) where error.code == .tokenRefused && refusals < Self.finalRefusal:
            return .renewToken(after: wait(before: attempt + 1, jitter: jitter))
        case .connecting(let attempt, true) where error.retryability != .never:
            return .reconnect(after: wait(before: attempt + 1, jitter: jitter))
        case .stopped(let reason): return .stop(reason)
        default:
            state = .stopped(error)
            return .stop(error)
        }
    }

    /// An open connection ended.
    ///
    /// - Parameters:
    ///   - closeCode: how.
    ///   - wasBrief: whether it was hardly open, which counts as one more attempt that failed.
    ///   - jitter: a random number from 0 up to 1.
    /// - Returns: what to do.
    mutating func lost(closeCode: UInt16, wasBrief: Bool = false, jitter: Double) -> LostAction {
        if case .stopped(let reason) = state { return .stop(reason) }
        var attempt = 1
        if wasBrief, case .open(let last) = state { attempt = last + 1 }
        if let error = SkyWayError(closeCode: closeCode) {
            state = .stopped(error)
            return .stop(error)
        }
        return .reconnect(after: wait(before: attempt, jitter: jitter))
    }

    /// No connection is wanted any more.
    mutating func stop(_ reason: SkyWayError) {
        if case .stopped = state { return }
        state = .stopped(reason)
    }

    private mutating func wait(before attempt: Int, jitter: Double) -> Duration {
        state = .waiting(attempt: attempt)
        return Backoff.growing(attempt, jitter: jitter)
    }
}
