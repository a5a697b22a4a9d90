// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
package import Logging
import RTCCrypto
import RTCDriver
import ServiceLifecycle

/// A small SkyWay of one's own: the whole control plane and an SFU on one HTTP port (protocol page).
package struct SkyWayLocalService: Service {
    private let configuration: SkyWayLocalConfiguration
    private let makeEngine: @Sendable () async throws -> any MediaEngine
    private let logger: Logger
    private let port = BoundPort()
    private let feed: StateFeed
    /// What goes wrong on purpose.
    package let faults: LocalFaults

    /// Makes a service that starts with ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: how it is set up.
    ///   - logger: where it reports.
    package init(configuration: SkyWayLocalConfiguration, logger: Logger) {
        let media = configuration.media
        self.init(configuration: configuration, logger: logger) {
            WorkerMediaEngine(
                worker: try await MediaWorker.start(media),
                certificate: try .makeSelfSigned(),
                profiles: configuration.profiles,
                sink: configuration.sink
            )
        }
    }

    /// Makes a service whose media somebody else moves.
    init(
        configuration: SkyWayLocalConfiguration,
        logger: Logger,
        makeEngine: @escaping @Sendable () async throws -> any MediaEngine
    ) {
        self.configuration = configuration
        self.makeEngine = makeEngine
        self.logger = logger
        feed = StateFeed()
        faults = LocalFaults(clock: configuration.clock, feed: feed)
    }

    /// The port the HTTP server is bound to, once it is.
    package var boundPort: Int {
        get async throws { try await port.value }
    }

    /// Serves until graceful shutdown or cancellation.
    package func run() async throws {
        defer { port.fail() }
        let engine = try await makeEngine()
        do {
            try await run(on: engine)
        } catch {
            await engine.shutdown()
            throw error
        }
        await engine.shutdown()
    }

    private func run(on engine: any MediaEngine) async throws {
        let clock = faults.skewedClock
        let verifier = await TokenVerifier(applications: configuration.applications, clock: clock) { [faults] in
            faults.isExpired($0)
        }
        let controlPlane = ControlPlane(
            limits: configuration.limits,
            usage: configuration.usage,
            clock: clock,
            faults: faults,
            feed: feed
        )
        let router = SFURouter(codecs: configuration.routerCodecs, engine: engine, faults: faults)
        faults.attach(FaultTarget(controlPlane: controlPlane, router: router, engine: engine))
        for fault in configuration.faults { try await faults.inject(fault) }
        let application = application(verifier, controlPlane, router)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask { for await ending in controlPlane.endings { await router.end(ending) } }
            group.addTask {
                for await id in engine.closedTransports {
                    if let owner = await router.forget(id) { await controlPlane.removeViewer(ofMember: owner.memberID) }
                }
            }
            group.addTask { [faults] in await faults.run() }
            group.addTask { [feed] in
                for await change in engine.transportChanges { feed.publish(change) }
            }
            group.addTask { [configuration] in
                while !Task.isCancelled {
                    try await configuration.clock.sleep(for: configuration.sweepInterval)
                    await controlPlane.expireMembers()
                }
            }
            // The application ends first, by shutdown or by failing to bind; the others follow it.
            try await group.next()
            group.cancelAll()
        }
    }

    private func application(
        _ verifier: TokenVerifier,
        _ controlPlane: ControlPlane,
        _ sfu: SFURouter
    ) -> some ApplicationProtocol {
        let router = Router(context: LocalRequestContext.self)
        router.add(
            middleware: CrossOriginMiddleware(
                methods: [.get, .post, .put, .delete],
                exposed: [.location, .retryAfter],
                // WHEP has more methods, and its own rules.
                isOffered: { !LocalAccess.covers($0.uri.path) && !$0.uri.path.hasPrefix("/whep/") }
            )
        )
        router.add(middleware: LocalAccessMiddleware(access: LocalAccess(configuration)))
        router.add(middleware: FaultMiddleware(faults: faults))
        FaultRoutes(faults: faults).add(to: router)
        StateRoutes(controlPlane: controlPlane, router: sfu, faults: faults, feed: feed).add(to: router)
        let api = SFUAPI(
            controlPlane: controlPlane,
            router: sfu,
            faults: faults,
            patience: configuration.consumerPatience
        )
        SFURoutes(api: api, verifier: verifier).add(to: router)
        ICEParametersRoutes(verifier: verifier, servers: configuration.ice, clock: faults.skewedClock).add(to: router)
        let whep = WHEP(
            controlPlane: controlPlane,
            router: sfu,
            patience: configuration.consumerPatience,
            grace: configuration.viewerGrace
        )
        WHEPRoutes(whep: whep).add(to: router)
        StudioRoutes(configuration).add(to: router)
        let sockets = SocketRoutes(
            controlPlane: controlPlane,
            hub: SignalingHub(),
            verifier: verifier,
            refusesAnalytics: configuration.refusesAnalytics,
            faults: faults
        )
        var webSocket = WebSocketConfiguration()
        // What the SDK reports to analytics goes beyond 64 KiB; the other sockets draw their own line.
        webSocket.maximumMessageSize = 1 << 20
        webSocket.maximumPendingBytes = 8 << 20
        webSocket.pingInterval = .seconds(30)
        return Application(
            router: router,
            server: .webSocket(configuration: webSocket, date: { [faults] in faults.skewedDate }) {
                await sockets.decide($0)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: nil
            ),
            onServerRunning: { [port] channel in
                port.succeed(channel.localAddress?.port ?? 0)
            },
            logger: logger
        )
    }
}
