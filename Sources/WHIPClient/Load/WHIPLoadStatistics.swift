// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a load generator has done so far.
package struct WHIPLoadStatistics: Sendable {
    /// Publishers that have begun.
    package var started = 0
    /// Publishers that are publishing now.
    package var publishing = 0
    /// Publishers that were publishing at some time.
    package var connected = 0
    /// Publishers that have ended, by reason.
    package var ended: [WHIPPublisherEnd: Int] = [:]
    /// The time from a publisher's begin to its first packet: of all that were connected together, and the longest.
    package var connecting: (total: Duration, longest: Duration) = (.zero, .zero)
    /// RTP packets handed over for sending.
    package var packetsSent: UInt64 = 0
    /// Their bytes.
    package var bytesSent: UInt64 = 0
    /// Packets left out because this machine was too slow for the load.
    package var packetsSkipped: UInt64 = 0

    /// Makes statistics that stand at zero.
    package init() {}

    /// Publishers that ended for another reason than that the load was over.
    package var failed: Int { ended.reduce(0) { $0 + ($1.key == .stopped ? 0 : $1.value) } }
}
