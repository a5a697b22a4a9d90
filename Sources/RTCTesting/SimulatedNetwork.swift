// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// Two peers and the path between them, stepped from one event to the next in virtual time.
package final class SimulatedNetwork: VirtualScene {
    /// The peer that begins: the publisher, or the gateway towards an SFU.
    package let left: SimulatedPeer
    /// The peer that answers.
    package let right: SimulatedPeer
    /// The way from left to right.
    package var forward: SimulatedLink
    /// The way back.
    package var backward: SimulatedLink
    /// The moment it is.
    package var now: MonotonicTime

    /// The address that the right peer sees the left one at: a NAT may give it another one at any time.
    package var mappedAddress: TransportAddress

    /// Makes a network.
    ///
    /// - Parameters:
    ///   - left: the peer that begins.
    ///   - right: the peer that answers.
    ///   - forward: the way from left to right.
    ///   - backward: the way back.
    ///   - now: the moment it begins.
    package init(
        _ left: SimulatedPeer,
        _ right: SimulatedPeer,
        forward: SimulatedLink,
        backward: SimulatedLink,
        startingAt now: MonotonicTime
    ) {
        self.left = left
        self.right = right
        self.forward = forward
        self.backward = backward
        self.now = now
        mappedAddress = left.address
    }

    /// When a datagram arrives or a peer has something to do next.
    package var nextEvent: MonotonicTime? {
        [forward.nextArrival, backward.nextArrival, left.deadline, right.deadline].compactMap(\.self).min()
    }

    /// Puts what the peers have sent on the way and polls them until both are quiet.
    package func settle() {
        deliver()
        left.poll(at: now)
        right.poll(at: now)
        flush()
    }

    private func deliver() {
        for datagram in forward.arrivals(by: now) {
            right.receive(datagram, at: now)
        }
        for datagram in backward.arrivals(by: now) where datagram.destination == mappedAddress {
            left.receive(datagram, at: now)
        }
    }

    private func flush() {
        for var datagram in left.outbox {
            datagram.source = mappedAddress
            forward.send(datagram, at: now)
        }
        left.outbox.removeAll(keepingCapacity: true)
        for datagram in right.outbox {
            backward.send(datagram, at: now)
        }
        right.outbox.removeAll(keepingCapacity: true)
    }
}
