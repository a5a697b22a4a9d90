// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting

/// One end of a leg: what sends and takes datagrams.
protocol ChainEnd: AnyObject {
    /// Where the other end sees it.
    var address: TransportAddress { get }

    /// Takes the datagrams that wait to be put on the leg.
    func takeOutbox() -> [SimulatedLink.Datagram]

    /// Takes a datagram that has arrived.
    func receive(_ datagram: SimulatedLink.Datagram, at now: MonotonicTime)
}

extension SimulatedPeer: ChainEnd {}

/// The way between two sessions, both directions.
final class ChainLeg {
    let near: any ChainEnd
    let far: any ChainEnd
    /// From the near end to the far one.
    private(set) var forward: SimulatedLink
    private(set) var backward: SimulatedLink

    init(_ near: any ChainEnd, _ far: any ChainEnd, delay: Duration, seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        self.near = near
        self.far = far
        forward = SimulatedLink(NetworkConditions(delay: delay), seed: generator.next())
        backward = SimulatedLink(NetworkConditions(delay: delay), seed: generator.next())
    }

    /// Changes what both directions do to datagrams.
    func impair(_ conditions: NetworkConditions) {
        forward.conditions = conditions
        backward.conditions = conditions
    }

    /// Changes what becomes of datagrams from the near end before the conditions; `nil` takes one away.
    func rewrite(_ rewrite: @escaping ([UInt8]) -> [UInt8]?) {
        forward.rewrite = rewrite
    }

    /// Datagrams lost so far, both ways.
    var lost: Int { forward.lost + backward.lost }

    /// When the next datagram arrives.
    var nextArrival: MonotonicTime? {
        let (there, back) = (forward.nextArrival, backward.nextArrival)
        guard let there, let back else { return there ?? back }
        return min(there, back)
    }

    /// Hands over what has arrived.
    func deliver(at now: MonotonicTime) {
        for datagram in forward.arrivals(by: now) { far.receive(datagram, at: now) }
        for datagram in backward.arrivals(by: now) { near.receive(datagram, at: now) }
    }

    /// Takes what the ends have sent.
    func collect(at now: MonotonicTime) {
        for datagram in near.takeOutbox() { forward.send(datagram, at: now) }
        for datagram in far.takeOutbox() { backward.send(datagram, at: now) }
    }
}
