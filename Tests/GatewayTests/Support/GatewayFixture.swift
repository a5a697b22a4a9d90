// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import RTC
import RTCCrypto
import RTCDriver

@testable import Gateway
@testable import SkyWay

/// What is different from usual in a gateway under test.
struct GatewaySetup {
    /// Changes the environment of its broadcasts.
    var edit: (inout BroadcastEnvironment) -> Void = { _ in }
    /// Changes the gateway's configuration.
    var configure: (inout GatewayConfiguration) -> Void = { _ in }
    /// Makes the links to SkyWay.
    var connect: SkyWayConnector = { _, _ in FakeLink() }
    /// The time by which keys and tokens are judged.
    var now: @Sendable () -> Date = { Date() }
    /// The service that is asked who may publish.
    var hook: PublishHook.Configuration?
}

/// A gateway whose SkyWay is a `FakeLink`, driven through its router.
struct GatewayFixture {
    let registry: BroadcastRegistry
    let client: any TestClientProtocol

    /// Runs a test against a gateway.
    ///
    /// - Parameters:
    ///   - setup: what is different from usual.
    ///   - framework: how the router is reached: within the process, or by a port of its own.
    ///   - test: the test.
    /// - Throws: what the test throws.
    static func run(
        _ setup: GatewaySetup = GatewaySetup(),
        by framework: TestingSetup = .router,
        _ test: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let workers = try await MediaWorkers.start(
            1,
            MediaWorkerConfiguration(port: 0, announcedAddresses: [.loopbackIPv4])
        )
        var environment = BroadcastEnvironment(
            workers: workers,
            certificate: try .makeSelfSigned(),
            connect: setup.connect,
            logger: Logger(label: "test") { SwiftLogNoOpLogHandler($0) }
        )
        // Tests ask as fast as they can, and most want each session for itself.
        environment.takeover.policy = .replace
        environment.takeover.patience = .zero
        environment.resumeWindow = .zero
        setup.edit(&environment)
        var configuration = GatewayConfiguration(
            skyWay: SkyWayConfiguration(appID: "app", secret: Redacted("secret"))
        )
        configuration.hook = setup.hook
        configuration.limits.postsPerAddress = 0
        configuration.limits.postsPerKey = 0
        configuration.limits.sessionRequestsPerAddress = 0
        configuration.limits.requestsPerSession = 0
        setup.configure(&configuration)
        let authorizer = try await PublishAuthorizer(
            configuration,
            logger: environment.logger,
            watchInterval: .milliseconds(20),
            now: setup.now
        )
        environment.isInForce = { authorizer.isInForce($0) }
        environment.hook = PublishHook.make(configuration, authorizer, logger: environment.logger)
        let registry = BroadcastRegistry(environment)
        let logger = environment.logger
        let router = GatewayService.router(
            registry,
            authorizer,
            configuration: configuration,
            canAsk: environment.prompt != nil
        )
        let application = Application(responder: router.buildResponder(), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run() }
            group.addTask { await authorizer.run { await registry.end($0, .keyRevoked) } }
            try await application.test(framework) { client in
                try await test(GatewayFixture(registry: registry, client: client))
            }
            group.cancelAll()
        }
        await workers.shutdown()
    }

    /// Runs a test against a gateway that listens on a port of its own.
    ///
    /// - Parameters:
    ///   - setup: what is different from usual.
    ///   - test: the test.
    /// - Throws: what the test throws.
    static func serve(
        _ setup: GatewaySetup = GatewaySetup(),
        _ test: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        try await run(setup, by: .live, test)
    }

    /// The port of a gateway that is served; 0 of any other.
    var port: Int { client.port ?? 0 }

    /// Sends a request over TCP as it is written.
    func wire(_ request: String) async throws -> RawResponse {
        try await RawHTTP.send(request, to: port)
    }

    /// Sends a request over TCP.
    func wire(
        _ method: String,
        _ path: String,
        _ headers: [String] = [],
        body: String? = nil
    ) async throws -> RawResponse {
        try await wire(RawHTTP.request(method, path, headers, body: body))
    }

    /// Posts an offer over TCP.
    func wirePost(_ offer: String = Offers.obs(), to path: String = "/whip/studio") async throws -> RawResponse {
        try await wire("POST", path, ["Content-Type: application/sdp"], body: offer)
    }

    /// Posts an offer.
    func post(
        _ offer: String = Offers.obs(),
        to path: String = "/whip/studio",
        contentType: String? = "application/sdp",
        authorization: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [:]
        headers[.contentType] = contentType
        headers[.authorization] = authorization
        return try await client.execute(
            uri: path,
            method: .post,
            headers: headers,
            body: ByteBuffer(string: offer)
        ) { $0 }
    }

    /// Sends a request without a body.
    func send(_ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        try await client.execute(uri: path, method: method, headers: headers, body: nil) { $0 }
    }
}
