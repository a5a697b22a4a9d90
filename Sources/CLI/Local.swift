// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
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
              studio          \(flags.studio(host, port))
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
    @Option(help: "IP addresses, separated by commas, that clients are told for media before this machine's.")
    var announce: String?
    @Flag(help: "Tell clients nothing but what --announce says.") var announceOnly = false
    @Option(
        help:
            "What the SFU's router takes, separated by commas: \(RouterCodec.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var routerCodecs = RouterCodec.standard.map(\.rawValue).joined(separator: ",")
    @Flag(help: "Offer state, fault knobs and the studio although other machines can reach this one.")
    var localAPI = false
    @Option(help: "Something that goes wrong from the start on, such as 'lose-media incoming=5'; see docs/faults.md.")
    var fault: [String] = []
    @Option(
        help: ArgumentHelp(
            "A limit, such as members=320; may be repeated. There are \(LimitFlag.names).",
            valueName: "name=number"
        )
    )
    var limit: [LimitFlag] = []
    @Option(help: "The STUN server that clients are told of, as host:port.") var stun: String?
    @Option(help: "The TURN server that clients are told of, as host:port.") var turn: String?
    @Option(help: "The secret that the TURN server shares (coturn: use-auth-secret).") var turnSecret: String?
    @Flag(help: "Turn the SDK's analytics away instead of taking and forgetting them.") var refuseAnalytics = false

    /// The configuration that these settings make.
    ///
    /// - Parameter mediaPort: the UDP and TCP port of the SFU.
    /// - Returns: the configuration, with host and port still to be set.
    /// - Throws: which setting can't be used.
    func configuration(mediaPort: UInt16) throws -> SkyWayLocalConfiguration {
        var configuration = SkyWayLocalConfiguration()
        configuration.media = SkyWayLocalConfiguration.media(port: mediaPort)
        configuration.media.announced = AnnouncedAddresses(try addresses(), includesInterfaces: !announceOnly)
        configuration.localAPI = localAPI
        configuration.faults = try fault.map { text in
            do {
                return try SkyWayLocal.Fault(lasting: text.split(separator: " ").map(String.init))
            } catch {
                throw ValidationError("--fault \"\(text)\": \(error)")
            }
        }
        configuration.sdk = try Self.sdk()
        configuration.routerCodecs = try routerCodecs.split(separator: ",").map { name in
            guard let codec = RouterCodec(rawValue: name.lowercased()) else {
                throw ValidationError("--router-codecs has \"\(name)\", which SkyWayLocal does not know.")
            }
            return codec
        }
        for limit in limit { configuration.limit(limit.name, to: limit.value) }
        configuration.ice = try iceServers()
        configuration.refusesAnalytics = refuseAnalytics
        return configuration
    }

    /// Where the studio is, or what to do to have it.
    func studio(_ host: String, _ port: Int) -> String {
        guard IPAddress.isLoopback(host: host) || localAPI else {
            return "off; --local-api offers it to everybody who reaches this server"
        }
        return "\(Serve.url(Serve.reachable(host), port))/studio"
    }

    /// The largest file that is taken for the SDK.
    private static let largestSDK = 32 << 20

    /// The official SDK that `SKYWAY_SDK_JS` names, for the studio.
    private static func sdk() throws -> [UInt8]? {
        guard let path = ProcessInfo.processInfo.environment["SKYWAY_SDK_JS"], !path.isEmpty else { return nil }
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: largestSDK + 1),
            data.count <= largestSDK
        else { throw ValidationError("SKYWAY_SDK_JS has \"\(path)\", which is no file that can be read.") }
        return Array(data)
    }

    private func iceServers() throws -> ICEServers {
        func address(_ text: String?, _ option: String) throws -> ICEServerAddress? {
            try text.map { text in
                guard let address = ICEServerAddress(text) else {
                    throw ValidationError("\(option) has \"\(text)\", which is not host:port.")
                }
                return address
            }
        }
        var servers = ICEServers()
        servers.stun = try address(stun, "--stun")
        guard (turn == nil) == (turnSecret == nil) else {
            throw ValidationError("--turn and --turn-secret go together.")
        }
        if let turn = try address(turn, "--turn"), let turnSecret {
            servers.turn = TURNConfiguration(address: turn, secret: turnSecret)
        }
        return servers
    }

    /// The announced addresses.
    func addresses() throws -> [IPAddress] {
        guard !announceOnly || announce != nil else { throw ValidationError("--announce-only needs --announce.") }
        return try (announce ?? "").split(separator: ",").map { text in
            guard let address = IPAddress(text.filter { $0 != " " }) else {
                throw ValidationError("--announce has \"\(text)\", which is no IP address.")
            }
            return address
        }
    }
}

/// A limit of SkyWayLocal as it is typed: `members=320`.
struct LimitFlag: ExpressibleByArgument {
    let name: LimitName
    let value: Int

    /// The names there are.
    static var names: String { LimitName.allCases.map(\.rawValue).joined(separator: ", ") }

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let name = LimitName(rawValue: String(parts[0])), let value = Int(parts[1]), value >= 0
        else { return nil }
        self.name = name
        self.value = value
    }
}
