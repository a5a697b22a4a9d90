// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import RTCCrypto
package import RTCDriver
import ServiceLifecycle
import SkyWay

/// The gateway: HTTP, broadcasts and media workers, from start to graceful shutdown.
package struct GatewayService: Service {
    /// Lets its sessions run out.
    package let drain = Drain()
    let configuration: GatewayConfiguration
    private let prompt: (any ChannelPrompting)?
    private let running: @Sendable (GatewayAddress) async -> Void
    let logger: Logger

    /// Makes a gateway that starts with `run()`.
    ///
    /// - Parameters:
    ///   - configuration: how it is set up.
    ///   - prompt: asks for the channel of plain `/whip` where none is configured.
    ///   - logger: where it reports.
    ///   - running: called once publishers may come.
    package init(
        configuration: GatewayConfiguration,
        prompt: (any ChannelPrompting)? = nil,
        logger: Logger,
        running: @escaping @Sendable (GatewayAddress) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.prompt = prompt
        self.logger = logger
        self.running = running
    }

    /// Serves until graceful shutdown: then no request is taken any more, all broadcasts end, and the workers last.
    package func run() async throws {
        try checkOpenness()
        let authorizer = try await PublishAuthorizer(configuration, logger: logger)
        let certificates = try configuration.certificates.map { try ServerCertificates($0, logger: logger) }
        let addresses = MediaAddresses(configuration, logger: logger)
        await addresses.lookUp()
        let workers = try await startWorkers(addresses.announced)
        let review = review(of: workers)
        await addresses.tell(review)
        do {
            let registry = BroadcastRegistry(try environment(workers, authorizer))
            let application = application(registry, authorizer, certificates, workers.workers[0])
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await registry.run() }
                group.addTask {
                    await cancelWhenGracefulShutdown {
                        await authorizer.run { await registry.end($0, .keyRevoked) }
                    }
                }
                group.addTask {
                    await cancelWhenGracefulShutdown {
                        await DrainConductor(drain, of: registry, logger: logger).run()
                    }
                }
                group.addTask { [logger] in
                    await cancelWhenGracefulShutdown { await DropWatch(workers: workers, logger: logger).run() }
                }
                group.addTask { await cancelWhenGracefulShutdown { await certificates?.watch(every: .seconds(1)) } }
                group.addTask { await cancelWhenGracefulShutdown { await addresses.watch(every: .seconds(1), review) } }
                group.addTask {
                    await cancelWhenGracefulShutdown { await StatisticsCollector(registry: registry).run() }
                }
                group.addTask { try await application.run() }
            }
        } catch {
            await workers.shutdown()
            throw error
        }
        await workers.shutdown()
    }

    /// Refuses to let everybody publish on other machines unless that is wanted.
    func checkOpenness() throws(GatewayStartError) {
        guard configuration.isOpen, !configuration.isOnLoopback else { return }
        guard configuration.allowsAnyone else { throw .open(host: configuration.httpHost) }
        logger.warning("Anybody who reaches this port may publish", metadata: ["host": "\(configuration.httpHost)"])
    }

    private func environment(
        _ workers: MediaWorkers,
        _ authorizer: PublishAuthorizer
    ) throws -> BroadcastEnvironment {
        let skyWay = configuration.skyWay
        let clients = SkyWayLink.Clients()
        var environment = BroadcastEnvironment(
            workers: workers,
            certificate: try Certificate.makeSelfSigned(),
            connect: { request, logger throws(SkyWayError) in
                try await SkyWayLink.make(request, configuration: skyWay, clients: clients, logger: logger)
            },
            memberName: configuration.memberName,
            mayCreateChannel: configuration.mayCreateRooms,
            codecs: configuration.codecs,
            maximumBitrate: configuration.maximumBitrate,
            prompt: configuration.channel == nil && configuration.mayAsk ? prompt : nil,
            logger: logger
        )
        environment.relays = try relays(skyWay.turn)
        environment.liveness = configuration.liveness
        environment.metadata = configuration.metadata
        environment.drain = drain
        environment.pace = clients.pace
        environment.isInForce = { authorizer.isInForce($0) }
        environment.publisherLimit = configuration.limits.sessions
        environment.keyLimit = configuration.limits.sessionsPerKey
        environment.takeover = configuration.takeover
        environment.resumeWindow = configuration.resumeWindow
        environment.hook = PublishHook.make(configuration, authorizer, logger: logger)
        return environment
    }

    /// What is made of the settings of TURN towards the SFU.
    private func relays(_ settings: TURNSettings) throws(ConfigurationError) -> RelayPolicy {
        do {
            return try RelayPolicy(settings)
        } catch {
            throw ConfigurationError("SKYWAY_TURN_CA has to name a file with certificates in PEM: \(error).")
        }
    }

    private func application(
        _ registry: BroadcastRegistry,
        _ authorizer: PublishAuthorizer,
        _ certificates: ServerCertificates?,
        _ worker: MediaWorker.Handle
    ) -> some ApplicationProtocol {
        let server = GatewayServer(configuration.limits, certificates)
        return Application(
            router: Self.router(registry, authorizer, configuration: configuration, canAsk: prompt != nil),
            server: server.builder,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.httpHost, port: configuration.httpPort),
                serverName: nil,
                availableConnectionsDelegate: server.connections(logger)
            ),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? configuration.httpPort
                await running(
                    GatewayAddress(httpPort: port, mediaPort: worker.port, mediaTCPPort: worker.streamPort)
                )
            },
            logger: logger
        )
    }

    /// All routes of the gateway.
    static func router(
        _ registry: BroadcastRegistry,
        _ authorizer: PublishAuthorizer,
        configuration: GatewayConfiguration,
        canAsk: Bool
    ) -> Router<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        router.add(
            middleware: CrossOriginMiddleware(
                methods: [.get, .head, .post, .patch, .delete, .options],
                // A tag in the ETag header of a request is what Eyevinn's SDK sends.
                headers: [.authorization, .contentType, .ifMatch, .eTag, .link] + MetadataSubject.headers,
                exposed: [.location, .eTag, .link, .retryAfter, .acceptPatch, .accessControlAllowMethods]
            )
        )
        let requests = RequestMeter()
        router.add(middleware: RequestMeterMiddleware(meter: requests))
        router.add(middleware: RefusalMiddleware(board: registry.board))
        var settings = configuration.whip
        settings.channel = configuration.channel
        settings.canAsk = canAsk && configuration.mayAsk
        settings.publisherMetadata = configuration.metadata.publishers
        WHIPController(registry: registry, settings: settings, authorizer: authorizer).add(to: router)
        var pages = PageConfiguration()
        pages.whep = configuration.whep
        pages.auth = !configuration.isOpen
        WebController(live: registry.live, configuration: pages).add(to: router)
        AdminController(registry: registry, configuration: configuration).add(to: router)
        StatusController(registry: registry, configuration: configuration).add(to: router)
        StatisticsController(registry: registry, configuration: configuration).add(to: router)
        CaptureController(registry: registry, configuration: configuration).add(to: router)
        MetricsController(registry: registry, requests: requests, configuration: configuration).add(to: router)
        MetadataController(registry: registry, configuration: configuration).add(to: router)
        return router
    }
}

/// Where a running gateway is reached.
package struct GatewayAddress: Hashable, Sendable {
    /// The TCP port of HTTP.
    package var httpPort: Int
    /// The first UDP port of media.
    package var mediaPort: UInt16
    /// The first TCP port of media; `nil` where there is none.
    package var mediaTCPPort: UInt16?
}

/// Why a gateway could not start.
package enum GatewayStartError: Error, Sendable {
    /// The port for media could not be opened.
    case mediaPort(UInt16, SocketError)
    /// The TCP port for media that was asked for could not be opened.
    case mediaTCPPort(UInt16, SocketError)
    /// Anybody on other machines could publish, and nobody said that they may.
    case open(host: String)
}
