// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
package import RTCCrypto

extension MediaSession {
    /// Names the TURN servers that the session may use, to reach candidates whose transport is `.relayed`.
    ///
    /// None is asked before the first check is to go there. Servers that are named while there is an allocation are used
    /// from the next one on.
    ///
    /// - Parameters:
    ///   - servers: best first; none for no relay.
    ///   - trust: whose certificates are taken, where TLS is spoken with them.
    /// - Throws: `MediaWorkerError`.
    package func setRelayServers(_ servers: [TURNServer], trusting trust: TLSClientContext? = nil) async throws {
        try await worker.perform(on: id) { worker, peer in
            worker.replaceRelayServers(RelaySettings(servers: servers, trust: trust), of: peer)
        }
    }
}

/// What went by the TURN servers of a worker's sessions.
package struct RelayStatistics: Hashable, Sendable {
    /// Relays that were begun.
    package var opened: UInt64 = 0
    /// Allocations that were had.
    package var allocations: UInt64 = 0
    /// Datagrams that were put on the way by a relay.
    package var packetsSent: UInt64 = 0
    /// Datagrams of peers that came by a relay.
    package var packetsReceived: UInt64 = 0
    /// Messages that were none, or that nobody had asked for.
    package var ignored: UInt64 = 0

    /// Makes counters that stand at zero.
    package init() {}
}
