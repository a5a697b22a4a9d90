// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The header extensions that are made anew on each hop, as a session gives them for one packet.
package struct HopExtensions: Hashable, Sendable, BitwiseCopyable {
    /// The moment of sending, 24 bits with 18 of fraction.
    package var absSendTime: UInt32?
    /// The number of the packet on its transport.
    package var transportSequenceNumber: UInt16?

    /// Makes a set.
    ///
    /// - Parameters:
    ///   - absSendTime: the moment of sending.
    ///   - transportSequenceNumber: the number of the packet on its transport.
    package init(absSendTime: UInt32? = nil, transportSequenceNumber: UInt16? = nil) {
        self.absSendTime = absSendTime
        self.transportSequenceNumber = transportSequenceNumber
    }

    /// A moment as the abs-send-time extension tells it: seconds modulo 64 in 6.18 fixed point.
    package static func absSendTime(at moment: MonotonicTime) -> UInt32 {
        let nanoseconds = moment.nanoseconds % 64_000_000_000
        return UInt32(truncatingIfNeeded: (nanoseconds << 18) / 1_000_000_000) & 0xFF_FFFF
    }
}
