// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1
import NIOPosix
package import NIOSSL
import NIOWebSocket
import Synchronization

/// Opens WebSockets as a client, with certificates verified on `wss`.
package final class WebSocketClient: Sendable {
    private let group: any EventLoopGroup
    private let tlsConfiguration: TLSConfiguration
    /// Made once, because reading the system's certificates takes milliseconds.
    private let tlsContext = Mutex<NIOSSLContext?>(nil)
    private let configuration: WebSocketConfiguration

    package init(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        tls: TLSConfiguration = .makeClientConfiguration(),
        configuration: WebSocketConfiguration = .init()
    ) {
        self.group = group
        self.tlsConfiguration = tls
        self.configuration = configuration
    }

    /// Opens a connection, runs `body` with it and closes it.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - subprotocols: Sent exactly as given, in one header.
    ///   - headers: Further headers of the request.
    ///   - openTimeout: Limit for name look-up, TCP, TLS and the upgrade together.
    ///   - body: What the connection is for.
    /// - Returns: What `body` returns.
    /// - Throws: `WebSocketOpenError` when there is no connection, or what `body` throws.
    package func withConnection<Result: Sendable>(
        to address: WebSocketAddress,
        subprotocols: [String] = [],
        headers: HTTPHeaders = [:],
        openTimeout: TimeAmount = .seconds(5),
        body: @Sendable (WebSocketConnection) async throws -> Result
    ) async throws -> Result {
        let handshake = WebSocketHandshake(address: address, subprotocols: subprotocols, extraHeaders: headers)
        let channel: WebSocketChannel
        do {
            channel = try await open(handshake, timeout: openTimeout)
        } catch {
            throw WebSocketOpenError(error)
        }
        return try await channel.run(body)
    }

    private func open(_ handshake: WebSocketHandshake, timeout: TimeAmount) async throws -> WebSocketChannel {
        let context = handshake.address.isSecure ? try sharedTLSContext() : nil
        let configuration = configuration
        let loop = group.next()
        let promise = loop.makePromise(of: WebSocketChannel.self)
        let opening = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let context else { return }
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: handshake.serverName)
                    )
                }
            }
            .connect(host: handshake.address.host, port: handshake.address.port)
        let timer = loop.scheduleTask(in: timeout) {
            promise.fail(WebSocketOpenError.timeout)
            opening.whenSuccess { $0.close(promise: nil) }
        }
        opening.flatMap { channel in
            channel.eventLoop.flatSubmit { handshake.start(on: channel, configuration: configuration) }
        }.whenComplete { result in
            timer.cancel()
            promise.completeWith(result)
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            opening.whenSuccess { $0.close(promise: nil) }
        }
    }

    private func sharedTLSContext() throws -> NIOSSLContext {
        try tlsContext.withLock { cached in
            if let cached { return cached }
            let context = try NIOSSLContext(configuration: tlsConfiguration)
            cached = context
            return context
        }
    }
}
