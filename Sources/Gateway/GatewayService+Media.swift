// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver

/// The ports and addresses of publishers' media.
extension GatewayService {
    /// Opens the ports.
    ///
    /// A TCP port that nobody asked for by its number is done without where it can't be had: an outgoing connection of
    /// another program may have it by chance.
    func startWorkers(_ announced: AnnouncedAddresses) async throws -> MediaWorkers {
        var media = MediaWorkerConfiguration(port: configuration.mediaPort)
        media.announced = announced
        let streams = streams
        media.streams = streams
        do {
            return try await MediaWorkers.start(configuration.mediaWorkers, media)
        } catch let refused as SocketError {
            media.streams = nil
            guard streams != nil, let workers = try? await MediaWorkers.start(configuration.mediaWorkers, media) else {
                throw GatewayStartError.mediaPort(configuration.mediaPort, refused)
            }
            if let port = streams?.port {
                await workers.shutdown()
                throw GatewayStartError.mediaTCPPort(port, refused)
            }
            logger.warning(
                "Media is taken by UDP alone: its TCP port can't be opened",
                metadata: [
                    "error": "\(refused)",
                    "advice": "Give it another number by GATEWAY_MEDIA_TCP_PORT, or turn it off there.",
                ]
            )
            return workers
        }
    }

    /// How TCP connections are taken; `nil` where they are not.
    ///
    /// A browser opens one from each of its addresses to each candidate, and closes all but one once it is connected.
    private var streams: StreamConfiguration? {
        var streams = StreamConfiguration()
        switch configuration.mediaTCPPort {
        case .off: return nil
        case .sameAsUDP: break
        case .number(let number): streams.port = number
        }
        // HTTP may take half of what the process may open, and the ways to the SFU need some.
        let most = max(1_024, 2 * configuration.limits.sessions)
        streams.maximumConnections = max(16, OpenFiles.share(atMost: 2 * most) / 2 / configuration.mediaWorkers)
        return streams
    }

    /// What judges the addresses that publishers are told.
    func review(of workers: MediaWorkers) -> @Sendable ([IPAddress]) -> AddressReview {
        let expectsOthers = !configuration.isOnLoopback || configuration.whip.publicOrigin != nil
        return { addresses in
            AddressReview(
                addresses: addresses,
                udpPorts: workers.workers.map(\.port),
                tcpPorts: workers.workers.compactMap(\.streamPort),
                expectsOthers: expectsOthers
            )
        }
    }
}
