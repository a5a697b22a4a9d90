// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver
import SkyWay

/// The TURN servers of the ways to the SFU.
extension Broadcast {
    /// The longest wait before SkyWay is asked again that did not answer.
    private static let longestPause = Duration.seconds(60)

    /// Sees to it that the ways to the SFU know TURN servers with credentials that are good, from the first one on.
    func beginRelays(through link: any SkyWayPublishing) {
        guard environment.relays.usesRelays, !keepsRelays else { return }
        keepsRelays = true
        spawn { await self.keepRelays(through: link) }
    }

    /// Asks SkyWay, and again before the credentials end; an allocation that runs goes on with its own.
    private func keepRelays(through link: any SkyWayPublishing) async {
        var failures = 0
        while !isOver {
            let wait: Duration
            do {
                let server = try await link.turnServer()
                if server == nil, relayServers.isEmpty {
                    logger.debug("SkyWay names no TURN server: the token does not allow one, or there is none")
                }
                relayServers = if let server { await environment.relays.servers(server) } else { [] }
                if let server, relayServers.isEmpty {
                    logger.warning("The TURN server's name is not found", metadata: ["host": "\(server.domain)"])
                }
                for transport in transports.values { await name(relayServers, to: transport) }
                failures = 0
                wait = environment.relays.settings.lifetime * 0.8
            } catch {
                failures += 1
                logger.debug("No TURN server from SkyWay yet", metadata: ["error": "\(error)"])
                wait = min(.milliseconds(500) * (1 << min(failures - 1, 10)), Self.longestPause)
            }
            guard (try? await Task.sleep(for: wait)) != nil else { return }
        }
    }

    /// Names TURN servers to a way to the SFU.
    func name(_ servers: [TURNServer], to transport: EgressTransport) async {
        guard !servers.isEmpty else { return }
        // A way that has ended needs none.
        try? await transport.media.setRelayServers(servers, trusting: environment.relays.trust)
    }

    /// Another path to the SFU is used.
    func note(_ path: TransportProtocol) {
        logger.info("Path to the SFU", metadata: ["transport": "\(path)"])
    }

    /// Something has become of a relay.
    func note(_ news: RelayNews) {
        switch news {
        case .allocated(_, let server):
            relayTrouble = nil
            logger.info("TURN server in use", metadata: ["turn.server": "\(server)"])
        case .lost(let failure, let server):
            logger.warning("TURN allocation lost", metadata: ["turn.server": "\(server)", "reason": "\(failure)"])
        case .unavailable(let refusals):
            // Every few seconds the same.
            let trouble = refusals.map { "\($0.server): \($0.failure)" }.joined(separator: "; ")
            guard trouble != relayTrouble else { return }
            relayTrouble = trouble
            logger.warning("No TURN server can be used", metadata: ["reason": "\(trouble)"])
        }
    }
}
