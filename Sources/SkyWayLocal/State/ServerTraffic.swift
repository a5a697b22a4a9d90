// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How much clients ask of a server, so that a storm shows: how many requests so far, and the most in any second.
final class ServerTraffic: Sendable {
    /// What is counted.
    enum Kind: String, CaseIterable, Sendable {
        /// Attempts to open a socket of the RTC API, those refused included.
        case sockets
        /// Requests over these sockets.
        case calls
        /// Calls of the SFU API and of the ICE parameters.
        case rest
    }

    private let counts = Mutex<[Kind: RequestCount]>([:])

    /// One more has come.
    ///
    /// - Parameters:
    ///   - kind: of what.
    ///   - milliseconds: when, by a clock that does not jump.
    func count(_ kind: Kind, at milliseconds: Int64) {
        counts.withLock { $0[kind, default: RequestCount()].add(at: milliseconds) }
    }

    /// The counts so far, as `/local/state` has them.
    var document: [String: StateDocument.Traffic] {
        let counts = counts.withLock { $0 }
        return Dictionary(
            uniqueKeysWithValues: Kind.allCases.map { kind in
                let count = counts[kind] ?? RequestCount()
                return (kind.rawValue, StateDocument.Traffic(total: count.total, peak: count.peak))
            }
        )
    }
}

/// How many there were, and the most in any second.
struct RequestCount: Sendable {
    /// All so far.
    private(set) var total = 0
    /// The most in any 1000 ms.
    private(set) var peak = 0
    /// When those of the last second came; the first ones may be older.
    private var recent: [Int64] = []
    private var first = 0

    /// One more has come, at a time in milliseconds that is not before that of the last one.
    mutating func add(at milliseconds: Int64) {
        total += 1
        recent.append(milliseconds)
        while milliseconds - recent[first] >= 1000 { first += 1 }
        if first > recent.count / 2 {
            recent.removeFirst(first)
            first = 0
        }
        peak = max(peak, recent.count - first)
    }
}

extension LocalFaults {
    /// A client has asked something.
    func count(_ kind: ServerTraffic.Kind) { traffic.count(kind, at: clock.unixMilliseconds) }
}
