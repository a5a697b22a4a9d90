// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What went through a worker's TCP connections, and how they ended.
package struct StreamStatistics: Sendable {
    /// Why a connection was closed.
    package enum Ending: CaseIterable, Hashable, Sendable {
        /// The far end closed it, or the network broke it.
        case remote
        /// What came on it was no framed packet, or none that an unproven connection may send.
        case junk
        /// No session accepted a check that came by it.
        case unproven
        /// It was opened, and nobody answered.
        case unopened
        /// Nothing came for a long time.
        case idle
        /// The far end did not take what it was sent.
        case slow
        /// Its session, or the worker, ended.
        case finished
    }

    /// Connections that are open.
    package var open = 0
    /// Connections that were taken.
    package var accepted: UInt64 = 0
    /// Connections that were opened.
    package var opened: UInt64 = 0
    /// Connections that were turned away because there were too many.
    package var turnedAway: UInt64 = 0
    /// Times that the system had no descriptor for a connection, so that none was taken for a while.
    package var exhausted: UInt64 = 0
    /// Connections that were closed.
    package var endings: [Ending: UInt64] = [:]
    /// Packets received.
    package var packetsReceived: UInt64 = 0
    /// Their bytes, without frames.
    package var bytesReceived: UInt64 = 0
    /// Packets put on the way.
    package var packetsSent: UInt64 = 0
    /// Their bytes, without frames.
    package var bytesSent: UInt64 = 0
    /// Packets dropped because their connection had no room.
    package var droppedFull: UInt64 = 0

    /// Makes counters that stand at zero.
    package init() {}
}
