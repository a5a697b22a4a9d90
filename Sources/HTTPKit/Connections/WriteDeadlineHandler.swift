// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Closes a connection, or a stream of HTTP/2, whose other side does not take what it is sent.
///
/// What is written counts as taken once it has left: the system's buffers hold some of it, which is enough for each of
/// our short answers. So it is those who ask again and again, or for what never ends, and do not read, that are closed.
final class WriteDeadlineHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    private var unwritten = 0

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise()
        unwritten += 1
        if unwritten == 1 { start(context) }
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.unwritten -= 1
            self.timer?.cancel()
            if self.unwritten > 0, context.channel.isActive { self.start(context) }
        }
        context.write(data, promise: written)
    }

    private func start(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }
}
