// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Testing

/// Runs a Hummingbird server with WebSockets on a port of its own while `body` runs.
func withLoopbackServer<Result: Sendable>(
    router: Router<BasicRequestContext> = Router(),
    configuration: WebSocketConfiguration = .init(),
    decide: @escaping WebSocketDecider,
    body: (Int) async throws -> Result
) async throws -> Result {
    let server = HTTPServerBuilder.webSocket(configuration: configuration, decide: decide)
    return try await withLoopbackServer(router: router, server: server, body: body)
}

/// Runs a Hummingbird server on a port of its own while `body` runs.
func withLoopbackServer<Result: Sendable, Context: RequestContext>(
    router: Router<Context>,
    server: HTTPServerBuilder,
    body: (Int) async throws -> Result
) async throws -> Result where Context.Source == ApplicationRequestContextSource {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let app = Application(
        router: router,
        server: server,
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
        logger: logger
    )
    let services = ServiceGroup(configuration: .init(services: [app], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let result = try await body(port)
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
        return result
    }
}
