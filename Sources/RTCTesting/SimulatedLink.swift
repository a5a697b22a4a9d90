// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// One direction of a path between two hosts, in virtual time.
package struct SimulatedLink {
    /// A datagram on its way.
    package struct Datagram: Sendable {
        /// The address it comes from.
        package var source: TransportAddress
        /// The address it goes to.
        package var destination: TransportAddress
        /// Its bytes.
        package var bytes: [UInt8]

        /// Makes a datagram.
        package init(source: TransportAddress, destination: TransportAddress, bytes: [UInt8]) {
            self.source = source
            self.destination = destination
            self.bytes = bytes
        }
    }

    private struct Flight {
        var arrival: MonotonicTime
        var order: UInt64
        var datagram: Datagram
    }

    private struct Held {
        var overtakersLeft: Int
        var latest: MonotonicTime
        var datagram: Datagram
    }

    /// What the link does to datagrams; may be changed at any time.
    package var conditions: NetworkConditions
    /// Whether a datagram is spared by the conditions, such as a flight of a handshake.
    package var isSpared: @Sendable ([UInt8]) -> Bool
    /// What becomes of a datagram before the conditions; `nil` takes it away.
    package var rewrite: ([UInt8]) -> [UInt8]? = { $0 }

    private var generator: SplitMix64
    private var flights: [Flight] = []
    private var held: [Held] = []
    private var order: UInt64 = 0
    /// When the last datagram arrives that jitter has met.
    private var latest = MonotonicTime(nanoseconds: 0)
    /// Whether a burst of losses is under way.
    private var isBad = false

    /// How many datagrams were lost.
    package private(set) var lost = 0
    /// How many arrived twice.
    package private(set) var duplicated = 0
    /// How many were overtaken.
    package private(set) var reordered = 0

    /// Makes a link.
    ///
    /// - Parameters:
    ///   - conditions: what it does to datagrams.
    ///   - seed: decides which ones.
    ///   - isSpared: names datagrams that the conditions leave alone.
    package init(
        _ conditions: NetworkConditions,
        seed: UInt64,
        sparing isSpared: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) {
        self.conditions = conditions
        self.isSpared = isSpared
        generator = SplitMix64(seed: seed)
    }

    /// Puts a datagram on the link.
    package mutating func send(_ original: Datagram, at now: MonotonicTime) {
        var datagram = original
        guard let bytes = rewrite(original.bytes) else { return }
        datagram.bytes = bytes
        guard !isSpared(datagram.bytes) else {
            schedule(datagram, at: now + conditions.delay)
            return
        }
        guard !isLost() else {
            lost += 1
            return
        }
        if generator.happens(conditions.duplication) {
            duplicated += 1
            schedule(datagram, at: now + conditions.delay)
        }
        if generator.happens(conditions.reordering), conditions.reorderingDepth > 0 {
            reordered += 1
            let overtakers = Int.random(in: 1...conditions.reorderingDepth, using: &generator)
            held.append(Held(overtakersLeft: overtakers, latest: now + conditions.reorderingTime, datagram: datagram))
            return
        }
        schedule(datagram, at: now + conditions.delay)
        letGo(at: now)
    }

    /// The moment at which the next datagram arrives.
    package var nextArrival: MonotonicTime? {
        let flight = flights.map(\.arrival).min()
        let release = held.map(\.latest).min()
        guard let flight, let release else { return flight ?? release }
        return min(flight, release)
    }

    /// Takes the datagrams that have arrived by now, in the order of their arrival.
    package mutating func arrivals(by now: MonotonicTime) -> [Datagram] {
        for index in held.indices.reversed() where held[index].latest <= now {
            schedule(held.remove(at: index).datagram, at: now + conditions.delay)
        }
        let ready = flights.filter { $0.arrival <= now }.sorted { ($0.arrival, $0.order) < ($1.arrival, $1.order) }
        flights.removeAll { $0.arrival <= now }
        return ready.map(\.datagram)
    }

    private mutating func isLost() -> Bool {
        if let bursts = conditions.bursts {
            isBad = isBad ? !generator.happens(bursts.ending) : generator.happens(bursts.beginning)
            if isBad, generator.happens(bursts.loss) { return true }
        }
        return generator.happens(conditions.loss)
    }

    private mutating func schedule(_ datagram: Datagram, at arrival: MonotonicTime) {
        order += 1
        var arrival = arrival
        if conditions.jitter > .zero {
            let longest = conditions.jitter.inNanoseconds
            arrival = max(latest, arrival + .nanoseconds(Int64.random(in: 0...longest, using: &generator)))
            latest = arrival
        }
        flights.append(Flight(arrival: arrival, order: order, datagram: datagram))
    }

    private mutating func letGo(at now: MonotonicTime) {
        for index in held.indices.reversed() {
            held[index].overtakersLeft -= 1
            if held[index].overtakersLeft <= 0 {
                schedule(held.remove(at: index).datagram, at: now + conditions.delay)
            }
        }
    }
}
