// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Closes a connection that begins a request, or a handshake, and does not come to the end of a request's head.
///
/// It stands before everything else and sees bytes alone; `RequestDeadlineHandler` tells it of requests.
final class ConnectionDeadlineHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    private var busy = 0
    /// Whether bytes need not belong to a request: HTTP/2 has frames of its own.
    private var isMultiplexed = false

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) { start(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if timer == nil, busy == 0, !isMultiplexed { start(context) }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A handshake that is not over has nobody else to end it.
        if event is ChannelShouldQuiesceEvent, busy == 0, timer != nil { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// A request's head has come.
    ///
    /// - Parameter isStream: whether the connection has requests beside each other.
    func requestBegan(isStream: Bool) {
        busy += 1
        isMultiplexed = isMultiplexed || isStream
        timer?.cancel()
        timer = nil
    }

    /// A request is read, and answered.
    func requestEnded() {
        busy -= 1
    }

    private func start(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.timer = nil
            context.close(promise: nil)
        }
    }
}
