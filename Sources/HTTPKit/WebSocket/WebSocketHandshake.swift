// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOSSL
import NIOWebSocket

/// The client's opening handshake, RFC 6455 §4.1.
struct WebSocketHandshake: Sendable {
    let address: WebSocketAddress
    let subprotocols: [String]
    let extraHeaders: HTTPHeaders
    /// The value of `Sec-WebSocket-Key`.
    var key = NIOWebSocketClientUpgrader.randomRequestKey()

    /// The name that TLS asks for and verifies; an address literal is verified without SNI (RFC 6066 §3).
    var serverName: String? {
        (try? SocketAddress(ipAddress: address.host, port: 0)) == nil ? address.host : nil
    }

    private var requestHead: HTTPRequestHead {
        var headers: HTTPHeaders = ["Host": address.authority, "Content-Length": "0"]
        headers.add(contentsOf: extraHeaders)
        if !subprotocols.isEmpty {
            headers.add(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
        }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target, headers: headers)
    }

    /// Sends the request on a connected channel; the future has the open WebSocket, or why there is none.
    func start(
        on channel: any Channel,
        configuration: WebSocketConfiguration
    ) -> EventLoopFuture<WebSocketChannel> {
        // What the upgrade handler yields is itself a future, because it holds back a refusal's bytes until it has
        // yielded, and the refusal is complete only with them.
        let refusal = channel.eventLoop.makePromise(of: WebSocketChannel.self)
        let upgrader = NIOTypedWebSocketClientUpgrader<EventLoopFuture<WebSocketChannel>>(
            requestKey: key,
            maxFrameSize: configuration.maximumMessageSize,
            enableAutomaticErrorHandling: false,
            upgradePipelineHandler: { channel, head in
                let opened = channel.eventLoop.makeCompletedFuture {
                    try WebSocketChannel(
                        wrapping: channel,
                        isServer: false,
                        subprotocol: head.headers.first(name: "Sec-WebSocket-Protocol"),
                        configuration: configuration
                    )
                }
                return opened.map { _ in opened }
            }
        )
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration<EventLoopFuture<WebSocketChannel>>(
            upgradeConfiguration: .init(upgradeRequestHead: requestHead, upgraders: [upgrader]) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RefusedUpgradeHandler(promise: refusal))
                    return refusal.futureResult
                }
            }
        )
        // The first frame may come in the same segment as the 101.
        pipeline.leftOverBytesStrategy = RemoveAfterUpgradeStrategy.forwardBytes
        pipeline.decoderConfiguration.maxHeaderFieldSize = 80 * 1024
        let configured = pipeline
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configured)
        }.flatMap { $0 }.flatMap { $0 }.flatMapErrorThrowing { error in
            channel.close(promise: nil)
            throw error
        }.always { _ in refusal.fail(ChannelError.alreadyClosed) }
    }
}

/// Reads the answer of a server that did not upgrade.
final class RefusedUpgradeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    /// As much of a refusal's body as is kept for the error.
    private static let maximumBody = 2048

    private let promise: EventLoopPromise<WebSocketChannel>
    private var status = 0
    private var body = ByteBuffer()

    init(promise: EventLoopPromise<WebSocketChannel>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
        case .body(var part):
            let room = Self.maximumBody - body.readableBytes
            guard room > 0, let slice = part.readSlice(length: min(room, part.readableBytes)) else { return }
            body.writeImmutableBuffer(slice)
        case .end:
            finish(context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context: context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(context: context)
    }

    private func finish(context: ChannelHandlerContext) {
        promise.fail(WebSocketOpenError.refused(status: status, body: String(buffer: body)))
        context.close(promise: nil)
    }
}
