// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What goes wrong on purpose on the way of one session's datagrams: for tests of those who have to live with it.
package struct Impairment: Hashable, Sendable {
    /// What happens in one direction.
    package struct Direction: Hashable, Sendable {
        /// Which media datagrams are lost.
        package var loss: Loss?
        /// How fast datagrams pass.
        package var rate: RateCap?

        /// Makes a direction in which nothing happens.
        package init() {}
    }

    /// Loses media datagrams (RTP and RTCP), by a generator whose choices follow from its seed alone.
    package struct Loss: Hashable, Sendable {
        /// The share that is lost, 0 to 1.
        package var share: Double
        /// What the choices follow from.
        package var seed: UInt64

        /// Makes a loss.
        package init(share: Double, seed: UInt64) {
            self.share = share
            self.seed = seed
        }
    }

    /// A token bucket before a queue that drops at its tail; everything passes it, checks and handshakes included.
    package struct RateCap: Hashable, Sendable {
        /// Bits in a second, of UDP payload.
        package var bitsPerSecond: UInt64
        /// Bytes that pass at once after a silence; never less than the longest datagram.
        package var burst: Int
        /// Bytes that wait at most.
        package var queue: Int

        /// Makes a cap.
        package init(bitsPerSecond: UInt64, burst: Int, queue: Int) {
            self.bitsPerSecond = max(1, bitsPerSecond)
            self.burst = max(burst, 2048)
            self.queue = queue
        }
    }

    /// From the peer to the session.
    package var incoming = Direction()
    /// From the session to the peer.
    package var outgoing = Direction()
    /// Whether STUN from the peer is ignored, so that its consent runs out.
    package var ignoresSTUN = false
    /// Whether nothing passes, either way.
    package var isSilent = false

    /// Makes an impairment that impairs nothing.
    package init() {}
}

/// What an impairment has done so far.
package struct ImpairmentStatistics: Hashable, Sendable {
    /// What was done in one direction.
    package struct Direction: Hashable, Sendable {
        /// Datagrams that the loss was asked about.
        package var media: UInt64 = 0
        /// Those of them that were lost.
        package var lost: UInt64 = 0
        /// Datagrams that found the queue full.
        package var overflowed: UInt64 = 0
        /// Datagrams that were queued before they passed.
        package var queued: UInt64 = 0
        /// Datagrams that a silent transport swallowed.
        package var silenced: UInt64 = 0
    }

    /// From the peer.
    package var incoming = Direction()
    /// To the peer.
    package var outgoing = Direction()
    /// Datagrams of STUN that were ignored.
    package var ignoredSTUN: UInt64 = 0

    /// Makes statistics that stand at zero.
    package init() {}
}
