// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What waits for its turn under a rate: urgent things before ordinary ones, otherwise in the order in which they came.
///
/// No clock: the caller says what time it is.
struct PacedQueue<Element: Hashable & Sendable>: Sendable {
    private var bucket: TokenBucket
    private let limit: Int
    private var urgent: [Element] = []
    private var ordinary: [Element] = []

    /// Makes a queue in which nothing waits.
    ///
    /// - Parameters:
    ///   - bucket: how fast it empties.
    ///   - limit: how much may wait at most.
    init(_ bucket: TokenBucket, limit: Int) {
        self.bucket = bucket
        self.limit = limit
    }

    /// How much waits.
    var count: Int { urgent.count + ordinary.count }

    /// Lets something wait for its turn.
    ///
    /// - Returns: false where too much waits already.
    mutating func add(_ element: Element, isUrgent: Bool) -> Bool {
        guard count < limit else { return false }
        if isUrgent { urgent.append(element) } else { ordinary.append(element) }
        return true
    }

    /// Something needs no turn any more.
    mutating func remove(_ element: Element) {
        urgent.removeAll { $0 == element }
        ordinary.removeAll { $0 == element }
    }

    /// Forgets all that waits, for other things; what has happened already still counts.
    mutating func removeAll() {
        urgent = []
        ordinary = []
    }

    /// What has its turn now, if anything.
    mutating func next(at now: ContinuousClock.Instant) -> Element? {
        guard count > 0, bucket.take(at: now) else { return nil }
        return urgent.isEmpty ? ordinary.removeFirst() : urgent.removeFirst()
    }

    /// How long until something has its turn; nil where nothing waits.
    func wait(at now: ContinuousClock.Instant) -> Duration? {
        count == 0 ? nil : bucket.wait(at: now)
    }
}
