// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Finds out from a connection's first request whether it becomes HTTP or a WebSocket.
///
/// NIO's typed upgrade handler loses a request that asks for an upgrade and does not get it; this one keeps it for
/// the router. A connection that never asks (browsers open some ahead of need) is closed when its time is over, when
/// the peer has gone, or when the server shuts down, and one that does not speak HTTP is closed at once.
final class FirstRequestHandler<Negotiated: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    /// What becomes of the connection; the pipeline is changed on the event loop.
    struct Outcome {
        /// Makes the rest of the pipeline; may wait, and reads are kept meanwhile.
        let configure: () -> EventLoopFuture<Negotiated>
        /// Whether the request's parts go on down the pipeline, or are done with.
        let forwardsRequest: Bool
    }

    /// Decides about a request; called once.
    private let decide: (HTTPRequestHead) -> EventLoopFuture<NIOLoopBound<Outcome>>
    private let promise: EventLoopPromise<Negotiated>
    private let idleTimeout: TimeAmount?
    private var timer: Scheduled<Void>?
    private var head: HTTPRequestHead?
    private var isConfigured = false
    /// Parts of the request, and bytes behind it once its decoder has left.
    private var kept: [NIOAny] = []

    init(
        idleTimeout: TimeAmount?,
        promise: EventLoopPromise<Negotiated>,
        decide: @escaping (HTTPRequestHead) -> EventLoopFuture<NIOLoopBound<Outcome>>
    ) {
        self.idleTimeout = idleTimeout
        self.promise = promise
        self.decide = decide
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard let idleTimeout else { return }
        let loopBound = context.loopBound
        timer = context.eventLoop.scheduleTask(in: idleTimeout) { loopBound.value.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        promise.fail(ChannelError.ioOnClosedChannel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        kept.append(data)
        guard head == nil else { return }
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        self.head = head
        timer?.cancel()
        decide(head).hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let outcome): self.configure(outcome.value, context: context)
            case .failure: context.close(promise: nil)
            }
        }
    }

    private func configure(_ outcome: Outcome, context: ChannelHandlerContext) {
        if !outcome.forwardsRequest { kept.removeAll() }
        outcome.configure().hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let negotiated):
                self.promise.succeed(negotiated)
                self.leave(context: context)
            case .failure(let error):
                self.promise.fail(error)
                context.close(promise: nil)
            }
        }
    }

    private func leave(context: ChannelHandlerContext) {
        while !kept.isEmpty {
            let data = kept
            kept.removeAll()
            for part in data { context.fireChannelRead(part) }
        }
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is ChannelShouldQuiesceEvent:
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
