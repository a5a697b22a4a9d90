// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why a TURN server's allocation could not be had, or has ended.
package enum TURNFailure: Error, Hashable, Sendable {
    /// The server does not know the user, or not by this password.
    case unauthorized
    /// The user has as many allocations as the server allows (486).
    case quotaReached
    /// The server has no port left (508).
    case noCapacity
    /// The server does not know the allocation, or another one stands in its way (437).
    case mismatch
    /// Another refusal.
    case refused(STUNErrorCode)
    /// The server does not answer.
    case noAnswer
    /// The connection to the server could not be made, or has ended.
    case connectionLost
    /// The server's certificate is not for its name, or nobody trusts it; or TLS failed otherwise.
    case notSecured(String)
    /// The server answered what no server may.
    case badAnswer
    /// We ended it.
    case closed
}

extension TURNFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unauthorized: "the TURN server refuses the user name or the password"
        case .quotaReached: "the TURN server allows this user no more allocations (486)"
        case .noCapacity: "the TURN server has no port left (508)"
        case .mismatch: "the TURN server has forgotten the allocation (437)"
        case .refused(let code): "the TURN server refuses with \(code.rawValue)"
        case .noAnswer: "the TURN server does not answer"
        case .connectionLost: "there is no connection to the TURN server"
        case .notSecured(let reason): "TLS with the TURN server failed: \(reason)"
        case .badAnswer: "the TURN server gave an answer that can't be read"
        case .closed: "the allocation was given back"
        }
    }
}

/// How patient a TURN client is.
package struct TURNTiming: Sendable {
    /// From the first to the second request over UDP; the wait doubles each time (RFC 8489 §6.2.1).
    package var firstRetry: Duration = .milliseconds(500)
    /// How often a request over UDP is sent.
    ///
    /// RFC 8489 has seven, 39.5 s in all; four are 7.5 s, and other servers wait.
    package var maximumAttempts = 4
    /// How long to wait for an answer over TCP, the connection included.
    package var streamPatience: Duration = .milliseconds(7_500)
    /// How often a request is sent whose answer tells whether the server is still there: 3.5 s.
    package var maximumProbes = 3
    /// How long before its end an allocation is refreshed (RFC 8656 §8), or at half its life where that is later.
    package var refreshMargin: Duration = .seconds(60)
    /// How often a permission and a channel are refreshed: a permission ends after 300 s, a channel after 600 s.
    package var permissionInterval: Duration = .seconds(240)
    /// How long after a refusal of a peer it is tried again.
    package var peerRetry: Duration = .seconds(30)
    /// How long a peer that is sent nothing is kept.
    package var peerIdleTime: Duration = .seconds(300)
    /// Between the beginnings of two servers' attempts.
    package var stagger: Duration = .milliseconds(400)
    /// The first wait after no server had an allocation to give; doubles, with jitter.
    package var firstPause: Duration = .milliseconds(500)
    /// The longest such wait.
    package var longestPause: Duration = .seconds(5)

    /// The usual times.
    package init() {}
}
