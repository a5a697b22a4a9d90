// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// When the token of a link is renewed, and what follows from each outcome (protocol page §1.7, §8.2).
///
/// Getting a token and having the RTC API take it are repeated apart, each for as long as it takes: media does not hang
/// on it. No clock, no network: moments are seconds since 1970 by the server's clock.
struct TokenRenewalStateMachine {
    /// What is to be done next.
    enum Step: Hashable {
        /// Nothing, until so long has passed or a token is refused.
        case wait(Duration)
        /// Get another token.
        case get
        /// Have the RTC API take it in place.
        case update(AuthToken)
        /// Leave the room, since no other token can be had.
        case end(SkyWayError)
    }

    /// What follows from a token that the RTC API has not taken.
    enum Refusal: Hashable {
        /// It is tried again by itself.
        case again
        /// Make the connection anew: its handshake tells the token too.
        case reconnect
        /// No repetition mends it.
        case end(SkyWayError)
    }

    private enum State {
        case holding(until: Double)
        case getting(attempt: Int, notBefore: Double)
        case updating(attempt: Int, notBefore: Double)
    }

    /// The newest token, which requests carry.
    private(set) var token: AuthToken
    private var state: State
    private let isRenewable: Bool
    private var gotAt: Double
    private var renewAt: Double

    /// The longest that is waited in one go: the server's clock may turn out to be another one meanwhile.
    static let longestWait = Duration.seconds(60)
    /// How long before its end a token that can't be renewed is used no more: time to leave the room.
    static let farewell = 5.0
    /// A token that is refused is not replaced faster than this.
    static let leastAge = 2.0

    /// Whether the RTC API has taken the newest token, and no other one is wanted.
    var isTaken: Bool {
        if case .holding = state { true } else { false }
    }

    /// Begins with a token that the connection was made with.
    init(_ token: AuthToken, isRenewable: Bool, at now: Double, jitter: Double) {
        self.token = token
        self.isRenewable = isRenewable
        gotAt = now
        renewAt = Self.renewal(of: token, isRenewable: isRenewable, at: now, jitter: jitter)
        state = .holding(until: renewAt)
    }

    private static func renewal(of token: AuthToken, isRenewable: Bool, at now: Double, jitter: Double) -> Double {
        guard isRenewable else { return Double(token.expiresAt) - farewell }
        return now + TokenLife.renewal(of: token.life(at: now), jitter: jitter) / .seconds(1)
    }

    /// What is to be done now; what is begun by it is answered by one of the methods below.
    mutating func next(at now: Double) -> Step {
        // One that the RTC API has not taken in all its time is replaced too.
        if case .updating = state, now >= renewAt { state = .getting(attempt: 0, notBefore: now) }
        switch state {
        case .holding(let until):
            if now < until { return Self.wait(until - now) }
            guard isRenewable else { return .end(Self.runsOut) }
            state = .getting(attempt: 0, notBefore: now)
            return .get
        case .getting(_, let notBefore):
            return now < notBefore ? Self.wait(notBefore - now) : .get
        case .updating(_, let notBefore):
            return now < notBefore ? Self.wait(notBefore - now) : .update(token)
        }
    }

    private static func wait(_ seconds: Double) -> Step { .wait(min(.seconds(seconds), longestWait)) }

    private static let runsOut = SkyWayError(
        .tokenRefused,
        .token,
        detail: "The token in SKYWAY_AUTH_TOKEN runs out; let the gateway make or fetch tokens to go on for longer."
    )

    // MARK: Getting

    /// Another token is there.
    mutating func got(_ token: AuthToken, at now: Double, jitter: Double) {
        self.token = token
        gotAt = now
        renewAt = Self.renewal(of: token, isRenewable: isRenewable, at: now, jitter: jitter)
        state = .updating(attempt: 0, notBefore: now)
    }

    /// There was none to be had.
    ///
    /// - Returns: whether that is news.
    mutating func gotNone(at now: Double, jitter: Double) -> Bool {
        guard case .getting(let attempt, _) = state else { return false }
        state = .getting(attempt: attempt + 1, notBefore: now + Self.pause(after: attempt + 1, jitter))
        return attempt == 0
    }

    // MARK: Having it taken

    /// The RTC API has taken it.
    mutating func updated() {
        // Otherwise it was refused meanwhile.
        if case .updating = state { state = .holding(until: renewAt) }
    }

    /// The RTC API has not.
    mutating func notUpdated(_ error: SkyWayError, at now: Double, jitter: Double) -> Refusal {
        guard case .updating(let attempt, _) = state else { return .again }
        switch error.code {
        case .usageLimitReached, .stopped:
            return .end(error)
        case .tokenRefused:
            state = .holding(until: renewAt)
            return .reconnect
        default:
            state = .updating(attempt: attempt + 1, notBefore: now + Self.pause(after: attempt + 1, jitter))
            return .again
        }
    }

    /// A token was refused, by whatever service.
    ///
    /// - Returns: whether there will be another one at once.
    mutating func refused(_ refused: AuthToken, at now: Double) -> Bool {
        guard refused == token else { return true }
        let notBefore = max(now, gotAt + Self.leastAge)
        switch state {
        case .holding where !isRenewable: state = .holding(until: now)
        case .holding, .updating: state = .getting(attempt: 0, notBefore: notBefore)
        case .getting: break
        }
        return isRenewable && notBefore <= now
    }

    /// `k²·100` to `k²·200` ms after attempt `k`, at most 5 s, as for connections.
    private static func pause(after attempt: Int, _ jitter: Double) -> Double {
        min(Double(min(attempt, 8) * min(attempt, 8)) * 0.1 * (1 + jitter), 5)
    }
}
