// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers 408 to a request whose body does not come to its end, and closes.
final class RequestDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    /// The handler of the connection, which for HTTP/2 is another channel than that of a request.
    private var connection: ConnectionDeadlineHandler?
    private var isStream = false
    private var isReading = false
    private var unanswered = 0
    private var isAnswering = false
    private var isBusy = false

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let own = try? context.pipeline.syncOperations.handler(type: ConnectionDeadlineHandler.self)
        connection = own
        guard own == nil, let parent = context.channel.parent else { return }
        isStream = true
        connection = try? parent.pipeline.syncOperations.handler(type: ConnectionDeadlineHandler.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            unanswered += 1
            timer?.cancel()
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.giveUp(context) }
            update()
        case .body: break
        case .end:
            isReading = false
            timer?.cancel()
            update()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        // Informational responses come before the answer.
        case .head(let head): isAnswering = head.status.kind != .informational
        case .body: break
        case .end:
            isAnswering = false
            unanswered -= 1
            update()
        }
        context.write(data, promise: promise)
    }

    /// Tells the connection where a request begins and where nothing of any is left.
    private func update() {
        let isBusy = isReading || unanswered > 0
        guard isBusy != self.isBusy else { return }
        self.isBusy = isBusy
        if isBusy { connection?.requestBegan(isStream: isStream) } else { connection?.requestEnded() }
    }

    private func giveUp(_ context: ChannelHandlerContext) {
        if unanswered == 1, !isAnswering {
            var head = HTTPResponse(status: .requestTimeout, headerFields: [.contentLength: "0"])
            // No header of HTTP/2.
            if !isStream { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }

    private func stop() {
        timer?.cancel()
        guard isBusy else { return }
        isBusy = false
        connection?.requestEnded()
    }
}
