// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A path that may work: our one socket and an address of the peer's.
///
/// Every check is a transaction of its own, and an answer to any of the last eight counts: so a slow path is never
/// mistaken for a dead one, and a round trip is never mistaken for another.
struct ICECandidatePair: Sendable {
    struct Check: Sendable {
        var transaction: STUNTransactionID
        var isControlling: Bool
        var nominates: Bool
        var sent: MonotonicTime
    }

    private static let maximumChecks = 8

    let remote: TransportAddress
    /// Orders the pairs of one kind of path.
    var priority: UInt64
    /// A check was answered since the last restart.
    var isValid = false
    /// The pair is the one to use: a check of ours said so and was answered, or one of the peer's did.
    var isNominated = false
    /// An authentic message came from there, ever.
    var isVerified = false
    /// When to check next; `nil` while the pair rests.
    var nextCheck: MonotonicTime?
    /// How many of the last checks were answered without one between them that was not.
    private(set) var answersInRow = 0
    /// How many answers in a row the pair needs to be taken for a worse one that works: more than one where it has
    /// failed before.
    var answersNeeded = 1
    /// Checks since the pair was last roused.
    var attempts = 0
    var lastCheck: MonotonicTime?
    var lastAnswer: MonotonicTime?
    /// How long after the last check the next one for consent is due.
    var consentWait: Duration = .zero
    private var checks: [Check] = []

    init(remote: TransportAddress, priority: UInt64) {
        self.remote = remote
        self.priority = priority
    }

    /// How good a path of its kind is.
    var rank: Int { remote.transport.rank }

    /// Whether it is to be checked before another one.
    func precedes(_ other: ICECandidatePair) -> Bool { (rank, priority) > (other.rank, other.priority) }

    mutating func rouse(at moment: MonotonicTime) {
        attempts = 0
        nextCheck = moment
    }

    mutating func begin(_ check: Check) {
        if !checks.isEmpty { answersInRow = 0 }
        if checks.count == Self.maximumChecks { checks.removeFirst() }
        checks.append(check)
        attempts += 1
        lastCheck = check.sent
    }

    func isWaiting(for transaction: STUNTransactionID) -> Bool {
        checks.contains { $0.transaction == transaction }
    }

    /// Takes a check off the list, and the older ones, whose answers would tell nothing new.
    mutating func finish(_ transaction: STUNTransactionID) -> Check? {
        guard let index = checks.firstIndex(where: { $0.transaction == transaction }) else { return nil }
        let check = checks[index]
        checks.removeFirst(index + 1)
        answersInRow += 1
        return check
    }

    /// Forgets what was found out before a restart.
    mutating func reset() {
        isValid = false
        isNominated = false
        answersInRow = 0
        checks.removeAll()
    }
}

extension TransportProtocol {
    /// How good a path is: straight by UDP, then by TCP, and by a relay only where nothing else works.
    var rank: Int {
        switch self {
        case .udp: 2
        case .tcp: 1
        case .relayed: 0
        }
    }
}
