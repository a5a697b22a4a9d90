// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Decides about one request to upgrade; may wait, for instance for a token's signature.
package typealias WebSocketDecider = @Sendable (WebSocketUpgradeRequest) async -> WebSocketDecision

/// A Hummingbird child channel: HTTP/1.1, or a WebSocket where the first request asks for one.
///
/// Only the first request of a connection can upgrade; browsers and clients use a connection of its own for each.
package struct WebSocketServerChannel: ServerChildChannel {
    /// A connection whose protocol the first request decides.
    package struct Value: ServerChildChannelValue {
        package let channel: any Channel
        let negotiated: EventLoopFuture<Negotiated>
    }

    enum Negotiated: Sendable {
        case http(HTTP1Channel.Value)
        case webSocket(WebSocketChannel, handler: @Sendable (WebSocketConnection) async -> Void)
        case rejected
    }

    private typealias Outcome = FirstRequestHandler<Negotiated>.Outcome

    let http: HTTP1Channel
    let configuration: WebSocketConfiguration
    let decide: WebSocketDecider

    package init(
        responder: @escaping HTTPChannelHandler.Responder,
        http: HTTP1Channel.Configuration = .init(idleTimeout: .seconds(60)),
        webSocket: WebSocketConfiguration = .init(),
        decide: @escaping WebSocketDecider
    ) {
        self.http = HTTP1Channel(responder: responder, configuration: http)
        self.configuration = webSocket
        self.decide = decide
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let codec = HTTPServerCodec(limits: http.configuration.httpDecoder)
            try codec.add(to: channel.pipeline.syncOperations)
            let loopBound = NIOLoopBound(codec, eventLoop: channel.eventLoop)
            let promise = channel.eventLoop.makePromise(of: Negotiated.self)
            let idleTimeout = http.configuration.idleTimeout
            let first = FirstRequestHandler(idleTimeout: idleTimeout, promise: promise) { head in
                outcome(of: head, on: channel, codec: loopBound, logger: logger)
            }
            try channel.pipeline.syncOperations.addHandler(first)
            return Value(channel: channel, negotiated: promise.futureResult)
        }
    }

    package func handle(value: Value, logger: Logger) async {
        let negotiated = await withTaskCancellationHandler {
            try? await value.negotiated.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
        switch negotiated {
        case .http(let asyncChannel):
            await http.handle(value: asyncChannel, logger: logger)
        case .webSocket(let channel, let handler):
            // Cancellation ends `messages`, and with it the handler.
            try? await channel.run(handler)
        case .rejected, nil:
            try? await value.channel.closeFuture.get()
        }
    }

    // MARK: The first request

    private func outcome(
        of head: HTTPRequestHead,
        on channel: any Channel,
        codec: NIOLoopBound<HTTPServerCodec>,
        logger: Logger
    ) -> EventLoopFuture<NIOLoopBound<Outcome>> {
        let loop = channel.eventLoop
        guard let upgrade = WebSocketUpgrade(head: head, channel: channel) else {
            return loop.makeSucceededFuture(NIOLoopBound(plain(channel, logger), eventLoop: loop))
        }
        if let problem = upgrade.problem {
            let outcome = Outcome(configure: { reject(problem, on: channel) }, forwardsRequest: false)
            return loop.makeSucceededFuture(NIOLoopBound(outcome, eventLoop: loop))
        }
        return loop.makeFutureWithTask { await decide(upgrade.request) }.map { decision in
            let outcome =
                switch decision {
                case .accept(let subprotocol, let handler):
                    Outcome(
                        configure: { accept(upgrade, subprotocol, handler, codec: codec.value) },
                        forwardsRequest: false
                    )
                case .reject(let problem):
                    Outcome(configure: { reject(problem, on: channel) }, forwardsRequest: false)
                case .drop:
                    Outcome(configure: { drop(channel) }, forwardsRequest: false)
                case .pass:
                    plain(channel, logger)
                }
            return NIOLoopBound(outcome, eventLoop: loop)
        }
    }

    private func plain(_ channel: any Channel, _ logger: Logger) -> Outcome {
        Outcome(
            configure: { channel.eventLoop.makeCompletedFuture { try configureHTTP(channel, logger) } },
            forwardsRequest: true
        )
    }

    private func configureHTTP(_ channel: any Channel, _ logger: Logger) throws -> Negotiated {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandlers(http.configuration.additionalChannelHandlers())
        let idleTimeout = http.configuration.idleTimeout.map { Duration($0) }
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        )
    }

    private func accept(
        _ upgrade: WebSocketUpgrade,
        _ subprotocol: String?,
        _ handler: @escaping @Sendable (WebSocketConnection) async -> Void,
        codec: HTTPServerCodec
    ) -> EventLoopFuture<Negotiated> {
        let channel = upgrade.channel
        return upgrade.responseHead(subprotocol: subprotocol).assumeIsolated().flatMap { head in
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            return codec.remove(from: channel.pipeline)
        }.flatMapThrowing {
            let webSocket = try WebSocketChannel(
                upgrading: channel,
                isServer: true,
                subprotocol: subprotocol,
                configuration: configuration
            )
            return .webSocket(webSocket, handler: handler)
        }.nonisolated()
    }

    private func drop(_ channel: any Channel) -> EventLoopFuture<Negotiated> {
        channel.close(promise: nil)
        return channel.eventLoop.makeSucceededFuture(.rejected)
    }

    private func reject(_ problem: Problem, on channel: any Channel) -> EventLoopFuture<Negotiated> {
        let body = problem.body
        var headers = HTTPHeaders(problem.headers.map { ($0.name.rawName, $0.value) })
        headers.replaceOrAdd(name: "Content-Length", value: "\(body.readableBytes)")
        headers.replaceOrAdd(name: "Connection", value: "close")
        let status = HTTPResponseStatus(statusCode: problem.status.code)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        return channel.writeAndFlush(HTTPServerResponsePart.end(nil)).map {
            channel.close(promise: nil)
            return .rejected
        }
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 with WebSockets: `Application(router:, server: .webSocket { request in … })`.
    ///
    /// `date` gives the `Date` of answers, where it is not to be the machine's.
    package static func webSocket(
        http: HTTP1Channel.Configuration = .init(idleTimeout: .seconds(60)),
        configuration: WebSocketConfiguration = .init(),
        date: (@Sendable () -> String?)? = nil,
        decide: @escaping WebSocketDecider
    ) -> HTTPServerBuilder {
        var http = http
        if let date { http.additionalChannelHandlers = { [DatedResponseHandler(date: date)] } }
        return HTTPServerBuilder { [http] responder in
            WebSocketServerChannel(responder: responder, http: http, webSocket: configuration, decide: decide)
        }
    }
}
