// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import RTC
import RTCDriver

/// What the gateway needs of its own machine.
extension Doctor {
    func checkMachine(_ configuration: GatewayConfiguration) async {
        await check("Open files") { openFilesFinding(configuration.limits.sessions) }
        await check("Socket buffers") { buffersFinding() }
        let isRunning = await isRunning(configuration)
        await check("HTTP port") { await httpPortFinding(configuration, isRunning) }
        await check("Media ports") { await mediaPortsFinding(configuration, isRunning) }
        await check("Addresses") { await addressesFinding(configuration) }
        await check("Who may publish") { await openness(configuration) }
        if let files = configuration.certificates { await check("Certificates") { certificatesFinding(files) } }
    }

    // MARK: Limits of the system

    /// What one session may have open: its HTTP connection, the connection to the RTC API, the socket to the SFU, and
    /// one for media by TCP.
    private static let filesOfSession = 4
    /// What the process has open besides.
    private static let filesOfProcess = 64
    /// A gateway that can hold fewer is hardly of use to several publishers.
    private static let fewSessions = 50

    private func openFilesFinding(_ sessions: Int) -> Finding {
        guard let limit = machine.openFiles() else { return .ok("no limit") }
        let needed = sessions * Self.filesOfSession + Self.filesOfProcess
        let possible = max(0, (limit - Self.filesOfProcess) / Self.filesOfSession)
        guard limit < needed else { return .ok("\(limit), enough for \(sessions) sessions") }
        let detail = "\(limit), enough for about \(possible) sessions at a time; \(sessions) may come"
        let advice = """
            Raise the limit: "ulimit -n \(needed)", LimitNOFILE=\(needed) with systemd, or "--ulimit nofile=\(needed)" \
            with Docker; or lower GATEWAY_MAX_SESSIONS.
            """
        return possible < Self.fewSessions ? .problem(detail, advice: advice) : .note(detail, advice: advice)
    }

    private func buffersFinding() -> Finding {
        let asked = MediaWorkerConfiguration(port: 0).socketBufferSize
        guard let granted = machine.buffers(asked) else {
            return .problem("no UDP socket can be opened", advice: "Look at the limits of this user or container.")
        }
        let short = [("rmem_max", granted.receive), ("wmem_max", granted.send)].filter { $0.1 < asked }
        guard !short.isEmpty else { return .ok("\(asked >> 10) KiB each way") }
        let keys = short.map { "net.core.\($0.0)=\(asked)" }.joined(separator: " ")
        return .note(
            """
            \(granted.receive >> 10) KiB to receive and \(granted.send >> 10) KiB to send, of \(asked >> 10) KiB; bursts \
            of many sessions may be lost
            """,
            advice: """
                Run "sysctl -w \(keys)" on the host, and put the same into /etc/sysctl.d to keep it.
                """
        )
    }

    // MARK: Ports

    /// Whether a gateway answers at our HTTP address already.
    private func isRunning(_ configuration: GatewayConfiguration) async -> Bool {
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][configuration.httpHost] ?? configuration.httpHost
        guard configuration.httpPort > 0, let ip = host == "localhost" ? .loopbackIPv4 : IPAddress(host) else {
            return false
        }
        let probe = HostProbe(tls: machine.tls, timeout: min(timeout, .seconds(1)))
        let address = TransportAddress(ip, port: UInt16(clamping: configuration.httpPort))
        let isSecure = configuration.certificates != nil
        // Whoever it is, nothing is told to it, so that its certificate does not matter.
        guard let answer = try? await probe.get("/api/v1/config", at: address, host: host, isSecure: isSecure) else {
            return false
        }
        return (try? JSONDecoder().decode(Told.self, from: Data(answer.body))) != nil
    }

    private struct Told: Decodable {
        var whip: String
        var version: String
    }

    private func httpPortFinding(_ configuration: GatewayConfiguration, _ isRunning: Bool) async -> Finding {
        let (host, port) = (configuration.httpHost, configuration.httpPort)
        let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        if isRunning { return .ok("\(place) is that of the gateway that runs") }
        do {
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            try await bootstrap.bind(host: host, port: port).get().close()
            return .ok(port == 0 ? "any that is free" : "\(place) is free")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return .problem(
                "\(place) is in use by another program",
                advice: """
                    "ss -ltnp sport = :\(port)" says which; end it, or choose another port with GATEWAY_HTTP_PORT (--port).
                    """
            )
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL {
            return .problem(
                "\(host) is no address of this machine",
                advice: "Set GATEWAY_HTTP_HOST (--host) to one that is, or to 0.0.0.0 for all."
            )
        } catch let error as IOError where error.errnoCode == EACCES {
            return .problem(
                "port \(port) may not be used by this user",
                advice: "Choose one above 1023 with GATEWAY_HTTP_PORT (--port)."
            )
        } catch {
            return .problem("\(place) can't be listened at: \(error)", advice: "Look at GATEWAY_HTTP_HOST (--host).")
        }
    }

    private func mediaPortsFinding(_ configuration: GatewayConfiguration, _ isRunning: Bool) async -> Finding {
        let service = GatewayService(configuration: configuration, logger: logger)
        let port = configuration.mediaPort
        do {
            let workers = try await service.startWorkers(AnnouncedAddresses())
            let review = service.review(of: workers)([])
            let lacksTCP = configuration.mediaTCPPort != .off && review.tcpPorts.isEmpty
            await workers.shutdown()
            guard lacksTCP else { return .ok("free: \(review.ports)") }
            return .note(
                "free: \(review.ports); TCP port \(port) is in use",
                advice: "Publishers whose UDP is blocked can't come: give it another number by GATEWAY_MEDIA_TCP_PORT."
            )
        } catch {
            if isRunning { return .ok("port \(port) is that of the gateway that runs") }
            return Self.refusal(error, port)
        }
    }

    private static func refusal(_ error: any Error, _ port: UInt16) -> Finding {
        switch error {
        case GatewayStartError.mediaPort(let port, let error) where error.isAddressInUse:
            .problem(
                "UDP port \(port) is in use by another program",
                advice: """
                    "ss -lunp sport = :\(port)" says which; end it, or choose another with GATEWAY_MEDIA_PORT (--media-port).
                    """
            )
        case GatewayStartError.mediaTCPPort(let port, let error) where error.isAddressInUse:
            .problem(
                "TCP port \(port) is in use by another program",
                advice: """
                    "ss -ltnp sport = :\(port)" says which; end it, or choose another with GATEWAY_MEDIA_TCP_PORT \
                    (--media-tcp-port).
                    """
            )
        default:
            .problem("port \(port) can't be opened: \(error)", advice: "Choose another with GATEWAY_MEDIA_PORT.")
        }
    }
}
