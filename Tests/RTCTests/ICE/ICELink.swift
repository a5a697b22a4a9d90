// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// Two agents, the datagrams between them, and a clock that jumps to whatever comes next.
struct ICELink<Left: ICEAgentUnderTest, Right: ICEAgentUnderTest> {
    private struct Flight {
        var bytes: [UInt8]
        var source: TransportAddress
        var target: TransportAddress
        var arrival: MonotonicTime
    }

    var left: Left
    var right: Right
    /// Where the right side sees the left one; changes when a NAT rebinds.
    var leftAddress = TransportAddress.test(1)
    /// Where the right side can be reached; several addresses are one agent.
    var rightAddresses: [TransportAddress] = [.test(2)]
    var loss = 0.0
    var delay: Duration = .milliseconds(20)
    /// Addresses of the right side that nothing gets to.
    var blackHoles: Set<TransportAddress> = []
    private(set) var now: MonotonicTime
    /// What the left side sent, and when.
    private(set) var sentByLeft: [(bytes: [UInt8], at: MonotonicTime)] = []
    private var flights: [Flight] = []
    private var generator: SplitMix64

    init(_ left: Left, _ right: Right, seed: UInt64 = 1, at now: MonotonicTime = .at(.zero)) {
        self.left = left
        self.right = right
        self.now = now
        generator = SplitMix64(seed: seed)
    }

    /// Runs until a condition holds.
    ///
    /// - Returns: how long it took, or `nil` when it didn't come true in time.
    mutating func run(for duration: Duration, until condition: (Self) -> Bool = { _ in false }) -> Duration? {
        let start = now
        let end = now + duration
        while true {
            left.advance(to: now)
            right.advance(to: now)
            flush()
            if condition(self) { return now - start }
            let next = ([left.deadline, right.deadline].compactMap(\.self) + flights.map(\.arrival)).min() ?? end
            // A deadline in the past would be a loop without progress.
            precondition(next > now, "a deadline that has passed was not dealt with")
            now = min(next, end)
            if now == end { return nil }
            deliver()
        }
    }

    private mutating func flush() {
        for datagram in left.drain() {
            sentByLeft.append((datagram.bytes, now))
            send(datagram.bytes, from: leftAddress, to: datagram.to)
        }
        for datagram in right.drain() { send(datagram.bytes, from: rightAddresses[0], to: datagram.to) }
    }

    private mutating func send(_ bytes: [UInt8], from source: TransportAddress, to target: TransportAddress) {
        guard Double.random(in: 0..<1, using: &generator) >= loss else { return }
        let jitter = Duration.microseconds(Int.random(in: 0...5_000, using: &generator))
        flights.append(Flight(bytes: bytes, source: source, target: target, arrival: now + delay + jitter))
    }

    private mutating func deliver() {
        let due = flights.filter { $0.arrival <= now }
        flights.removeAll { $0.arrival <= now }
        for flight in due {
            if flight.target == leftAddress, !blackHoles.contains(flight.source) {
                _ = left.take(flight.bytes, from: flight.source, at: now)
            } else if rightAddresses.contains(flight.target), !blackHoles.contains(flight.target) {
                _ = right.take(flight.bytes, from: flight.source, at: now)
                // The answers leave from the address the request came to.
                for answer in right.drain() { send(answer.bytes, from: flight.target, to: answer.to) }
            }
        }
    }
}
