// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOWebSocket

/// An open WebSocket, the same for client and server.
///
/// It lives as long as the closure it was handed to: when that returns, the closing handshake is done with 1000
/// unless it was done before.
package struct WebSocketConnection: Sendable {
    /// The sub-protocol that both sides agreed on.
    package let subprotocol: String?
    fileprivate let channel: any Channel
    fileprivate let inbound: NIOAsyncChannelInboundStream<WebSocketMessage>
    fileprivate let closure: EventLoopFuture<WebSocketClosure>

    /// What arrives, until the connection ends.
    package var messages: WebSocketMessages { WebSocketMessages(inbound: inbound) }

    package var remoteAddress: SocketAddress? { channel.remoteAddress }

    /// Sends a text message; messages leave in the order of the calls.
    ///
    /// Never waits: a peer that lets more than `maximumPendingBytes` pile up loses its connection. What is sent after
    /// the end is dropped; the end itself is seen in ``messages`` and ``closed()``.
    package func send(_ text: String) {
        channel.writeAndFlush(WebSocketMessage.text(text), promise: nil)
    }

    /// Sends a binary message under the rules of ``send(_:)-(String)``.
    package func send(_ data: ByteBuffer) {
        channel.writeAndFlush(WebSocketMessage.binary(data), promise: nil)
    }

    /// Starts the closing handshake; ``messages`` ends when the peer has answered or its time is over.
    package func close(code: UInt16 = WebSocketCloseCode.normal, reason: String = "") {
        channel.triggerUserOutboundEvent(WebSocketCloseRequest(code: code, reason: reason), promise: nil)
    }

    /// Ends the connection without a close frame.
    package func abort() {
        channel.close(promise: nil)
    }

    /// Waits for the end and says how it came.
    package func closed() async -> WebSocketClosure {
        do {
            return try await closure.get()
        } catch {
            return .lost("\(error)")
        }
    }
}

/// The messages of one connection; ends when the connection does, or when the task is cancelled.
package struct WebSocketMessages: AsyncSequence {
    fileprivate let inbound: NIOAsyncChannelInboundStream<WebSocketMessage>

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: NIOAsyncChannelInboundStream<WebSocketMessage>.AsyncIterator

        package mutating func next() async -> WebSocketMessage? {
            await next(isolation: #isolation)
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> WebSocketMessage? {
            try? await base.next(isolation: actor)
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: inbound.makeAsyncIterator())
    }
}

/// A channel whose pipeline speaks WebSocket, not yet handed to its user.
struct WebSocketChannel: Sendable {
    let asyncChannel: NIOAsyncChannel<WebSocketMessage, Never>
    let closure: EventLoopFuture<WebSocketClosure>
    let subprotocol: String?

    /// Adds the handlers above the frame codec; to be called on the channel's event loop.
    init(
        wrapping channel: any Channel,
        isServer: Bool,
        subprotocol: String?,
        configuration: WebSocketConfiguration
    ) throws {
        let promise = channel.eventLoop.makePromise(of: WebSocketClosure.self)
        let handler = WebSocketHandler(isServer: isServer, configuration: configuration, closure: promise)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            promise.fail(error)
            throw error
        }
        self.closure = promise.futureResult
        self.subprotocol = subprotocol
        self.asyncChannel = try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }

    /// Adds the frame codec too; to be called on the channel's event loop.
    init(
        upgrading channel: any Channel,
        isServer: Bool,
        subprotocol: String?,
        configuration: WebSocketConfiguration
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(WebSocketFrameEncoder())
        let decoder = WebSocketFrameDecoder(maxFrameSize: configuration.maximumMessageSize)
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try self.init(
            wrapping: channel,
            isServer: isServer,
            subprotocol: subprotocol,
            configuration: configuration
        )
    }

    /// Runs `body` with the connection and ends it afterwards.
    func run<Result: Sendable>(
        _ body: @Sendable (WebSocketConnection) async throws -> Result
    ) async throws -> Result {
        let channel = asyncChannel.channel
        return try await asyncChannel.executeThenClose { inbound in
            let connection = WebSocketConnection(
                subprotocol: subprotocol,
                channel: channel,
                inbound: inbound,
                closure: closure
            )
            do {
                let result = try await body(connection)
                connection.close()
                _ = await connection.closed()
                return result
            } catch {
                connection.close()
                _ = await connection.closed()
                throw error
            }
        }
    }
}
