// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging
import RTC
import RTCDriver
import SkyWayLocal

/// `local`: a SkyWay of one's own, without a gateway.
struct Local: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs SkyWayLocal, a small SkyWay that needs no account and no internet."
    )

    @OptionGroup var flags: LocalFlags
    @Option(help: "The address that HTTP listens at.") var host = "127.0.0.1"
    @Option(help: "The port that HTTP listens at.") var port = 8081
    @Option(help: "The UDP and TCP port of its SFU.") var mediaPort: UInt16 = 41_000
    @OptionGroup var logging: LoggingFlags

    func run() async throws {
        var configuration = try flags.configuration(mediaPort: mediaPort)
        configuration.host = host
        configuration.port = port
        let logger = logging.logger("skyway-local")
        let local = SkyWayLocalService(configuration: configuration, logger: logger)
        let application = LocalApplication.development
        StandardOutput.say(
            """
            SkyWayLocal at \(Serve.url(host, port))
              application id  \(application.id)
              secret key      \(application.secret)
              watch by WHEP   \(Serve.url(host, port))/whep/{channel}
            """
        )
        try await Services.run(
            [NamedService("SkyWayLocal", port: port, option: "--port", local)],
            logger: logger
        )
    }
}

/// The settings of SkyWayLocal that `local` and `demo` share.
struct LocalFlags: ParsableArguments {
    @Option(help: "Addresses that clients are told for media, separated by commas. (default: this machine's)")
    var announce: String?
    @Option(
        help:
            "What the SFU's router takes, separated by commas: \(RouterCodec.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var routerCodecs = RouterCodec.standard.map(\.rawValue).joined(separator: ",")
    @Flag(help: "Offer state, fault knobs and the studio although other machines can reach this one.")
    var localAPI = false

    /// The configuration that these settings make.
    ///
    /// - Parameter mediaPort: the UDP and TCP port of the SFU.
    /// - Returns: the configuration, with host and port still to be set.
    /// - Throws: which setting can't be used.
    func configuration(mediaPort: UInt16) throws -> SkyWayLocalConfiguration {
        var configuration = SkyWayLocalConfiguration()
        configuration.media = SkyWayLocalConfiguration.media(port: mediaPort, announcedAddresses: try addresses())
        configuration.localAPI = localAPI
        configuration.routerCodecs = try routerCodecs.split(separator: ",").map { name in
            guard let codec = RouterCodec(rawValue: name.lowercased()) else {
                throw ValidationError("--router-codecs has \"\(name)\", which SkyWayLocal does not know.")
            }
            return codec
        }
        return configuration
    }

    /// The announced addresses; `nil` for this machine's.
    func addresses() throws -> [IPAddress]? {
        try announce?.split(separator: ",").map { text in
            guard let address = IPAddress(text) else {
                throw ValidationError("--announce has \"\(text)\", which is no IP address.")
            }
            return address
        }
    }
}
