// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import Logging
import RTCCrypto
import RTCDriver
import ServiceLifecycle
import SkyWay
import SkyWayLocal
import WHIPClient

/// `demo`: SkyWayLocal, the gateway and the sample clip in one process, and the page to open.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the whole path without an account: SkyWayLocal, the gateway and a sample clip.",
        discussion: "Never reads .env, so it can't touch a SkyWay account."
    )

    @OptionGroup var flags: LocalFlags
    @Option(help: "The address that both listen at; 0.0.0.0 lets other machines in.") var host = "127.0.0.1"
    @Option(help: "The port of the gateway and its pages.") var port = 8080
    @Option(help: "The port of SkyWayLocal.") var localPort = 8081
    @Option(help: "The UDP and TCP port of publishers' media.") var mediaPort: UInt16 = 40_000
    @Option(help: "The UDP and TCP port of SkyWayLocal's SFU.") var localMediaPort: UInt16 = 41_000
    @Option(help: "The room that the clip is published into.") var channel = "demo"
    @OptionGroup var logging: LoggingFlags

    func run() async throws {
        let logger = logging.logger("demo")
        var localConfiguration = try flags.configuration(mediaPort: localMediaPort)
        localConfiguration.host = host
        localConfiguration.port = localPort
        let local = SkyWayLocalService(configuration: localConfiguration, logger: logger)

        let token = Self.makeToken()
        // Who publishes is told by the token: with that of the clip, OBS would take the clip's place, and the clip OBS's.
        let clipToken = Self.makeToken()
        let gatewayIsUp = Signal()
        let gateway = GatewayService(configuration: try gatewayConfiguration([token, clipToken]), logger: logger) { _ in
            gatewayIsUp.give()
        }
        let presentation = Presentation(
            gatewayIsUp: gatewayIsUp,
            local: local,
            clip: PublishingService(
                endpoint: WHIPEndpoint(try address(of: channel), bearer: clipToken),
                media: .clip(try SampleClip.load()),
                repeats: true,
                logger: logger
            ),
            text: text(token)
        )
        try await Services.run(
            [
                NamedService("SkyWayLocal", port: localPort, option: "--local-port", local),
                NamedService("the gateway", port: port, option: "--port", gateway),
                presentation,
            ],
            logger: logger
        )
    }

    private static func makeToken() -> String {
        var generator = SecureRandomNumberGenerator()
        return String((0..<20).compactMap { _ in "abcdefghjkmnpqrstuvwxyz23456789".randomElement(using: &generator) })
    }

    private func gatewayConfiguration(_ tokens: [String]) throws -> GatewayConfiguration {
        let application = LocalApplication.development
        var skyWay = SkyWayConfiguration(appID: application.id, secret: Redacted(application.secret))
        let localHost = SkyWayHost("127.0.0.1:\(localPort)", isSecure: false)
        skyWay.rtcAPI = localHost
        skyWay.sfu = localHost
        skyWay.iceParameters = localHost
        var configuration = GatewayConfiguration(skyWay: skyWay)
        configuration.httpHost = host
        configuration.httpPort = port
        configuration.mediaPort = mediaPort
        configuration.announced = try flags.addresses().map { .address($0) }
        configuration.announcesOnly = flags.announceOnly
        configuration.channel = ChannelReference(channel)
        configuration.mayCreateRooms = true
        configuration.bearerTokens = tokens.map { Redacted($0) }
        configuration.whep = ":\(localPort)/whep"
        configuration.mayAsk = false
        return configuration
    }

    private func address(of channel: String) throws -> WHIPAddress {
        guard ChannelReference(channel) != nil, let address = WHIPAddress("http://127.0.0.1:\(port)/whip/\(channel)")
        else { throw ValidationError("--channel has to be a room id or a name of letters, digits and -._%*.") }
        return address
    }

    private func text(_ token: String) -> String {
        let page = Serve.url(Serve.reachable(host), port)
        return """

            The demo is on the air. Open this page / このページを開いてください:

                \(page)/

              watch the clip / 視聴        \(page)/watch/\(channel)
              publish / カメラや画面を配信  \(page)/publish      (token: \(token))
              studio / SkyWay を手で試す    \(flags.studio(host, localPort))

            OBS (Settings > Stream > WHIP) / OBS の設定:

                Server        \(page)/whip/\(channel)
                Bearer Token  \(token)

            With your own SkyWay account / 自分の SkyWay アカウントで使う:
              put SKYWAY_APP_ID and SKYWAY_SECRET_KEY into .env, then run
              skyway-whip-gateway serve

            Ctrl-C ends the demo. / Ctrl-C で終了します。

            """
    }
}

/// Waits until everything is up, tells people where to look, and plays the clip.
private struct Presentation: Service {
    let gatewayIsUp: Signal
    let local: SkyWayLocalService
    let clip: PublishingService
    let text: String

    func run() async throws {
        // One that can't start ends the whole group with a sentence of its own.
        guard (try? await local.boundPort) != nil, await gatewayIsUp.wait() else { return try await gracefulShutdown() }
        StandardOutput.say(text)
        try await clip.run()
    }
}

/// Something that happens once, and that one task waits for.
private struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// It has happened.
    func give() {
        continuation.yield()
        continuation.finish()
    }

    /// Waits until it has happened; false where the task was cancelled before.
    func wait() async -> Bool {
        for await _ in stream { return true }
        return false
    }
}
