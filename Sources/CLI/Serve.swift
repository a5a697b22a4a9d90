// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import Logging

/// `serve`: the gateway, with a SkyWay account or a local SkyWay.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes WHIP publishers into SkyWay rooms.",
        discussion: """
            Settings come from these flags, then from the environment, then from the file .env in this folder. The \
            credentials, such as SKYWAY_APP_ID and SKYWAY_SECRET_KEY, have no flags, so that they don't show in lists of processes.
            """
    )

    @OptionGroup var flags: GatewayFlags
    @Option(help: "The file with settings.") var envFile = ".env"
    @OptionGroup var logging: LoggingFlags

    func run() async throws {
        let file: EnvironmentFile
        do {
            file = try EnvironmentFile(path: envFile)
        } catch {
            throw Failure("\(envFile) can't be read: \(error.localizedDescription)")
        }
        let configuration: GatewayConfiguration
        do {
            configuration = try GatewayConfiguration(
                flags: flags.values,
                environment: ProcessInfo.processInfo.environment,
                file: file
            )
        } catch {
            throw Failure(error.description)
        }
        let logger = logging.logger("gateway")
        let (host, isSecure) = (configuration.httpHost, configuration.certificates != nil)
        let url = { @Sendable port in Self.url(host, port, isSecure: isSecure) }
        let gateway = GatewayService(
            configuration: configuration,
            prompt: TerminalPrompt.attached(),
            logger: logger
        ) { address in
            logger.info(
                "Listening",
                metadata: [
                    "whip": "\(url(address.httpPort))/whip",
                    "pages": "\(url(address.httpPort))/",
                    "media.port": "\(address.mediaPort)/udp",
                    "media.tcp.port": "\(address.mediaTCPPort.map { "\($0)/tcp" } ?? "off")",
                ]
            )
        }
        try await Services.run(
            [
                DrainSignals(drain: gateway.drain, request: configuration.drain),
                NamedService("the gateway", port: configuration.httpPort, option: "--port", gateway),
            ],
            logger: logger
        )
    }

    /// The host to open where a server listens at this one: loopback where it listens at all addresses.
    static func reachable(_ host: String) -> String { ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host }

    /// The address of a host and port, with an IPv6 address in brackets.
    static func url(_ host: String, _ port: Int, isSecure: Bool = false) -> String {
        let scheme = isSecure ? "https" : "http"
        return host.contains(":") ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
    }
}
