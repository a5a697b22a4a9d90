// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// Asks a connection's handler to start the closing handshake.
struct WebSocketCloseRequest: Sendable {
    var code: UInt16
    var reason: String
}

/// Speaks RFC 6455 above the frame codec: messages, pings, keep-alive and the closing handshake.
///
/// Bound to one event loop. The channel it sits in ends at most `closeTimeout` after either side said so.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketMessage
    typealias OutboundIn = WebSocketMessage
    typealias OutboundOut = WebSocketFrame

    private enum Phase {
        case open
        /// Our close frame is out; whatever arrives but the peer's close frame is dropped.
        case closing
        case closed
    }

    private let isServer: Bool
    private let configuration: WebSocketConfiguration
    private let closurePromise: EventLoopPromise<WebSocketClosure>
    private var assembler: WebSocketAssembler
    private var phase = Phase.open
    private var closure: WebSocketClosure?
    private var pendingBytes = 0
    private var pingTimer: Scheduled<Void>?
    private var pongTimer: Scheduled<Void>?
    private var closeTimer: Scheduled<Void>?

    init(isServer: Bool, configuration: WebSocketConfiguration, closure: EventLoopPromise<WebSocketClosure>) {
        self.isServer = isServer
        self.configuration = configuration
        self.closurePromise = closure
        self.assembler = WebSocketAssembler(isServer: isServer, configuration: configuration)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedulePing(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    /// The first cause of the end wins; timers go.
    private func ended() {
        phase = .closed
        for timer in [pingTimer, pongTimer, closeTimer] { timer?.cancel() }
        closurePromise.succeed(closure ?? .lost("connection lost"))
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heardFromPeer(context: context)
        guard phase != .closed else { return }
        do {
            try receive(assembler.receive(unwrapInboundIn(data)), context: context)
        } catch {
            guard phase == .open else { return }
            beginClose(code: error.code, reason: error.reason, context: context)
        }
    }

    private func receive(_ event: WebSocketAssembler.Event, context: ChannelHandlerContext) {
        switch event {
        case .message(let message) where phase == .open:
            context.fireChannelRead(wrapInboundOut(message))
        case .ping(let payload) where phase == .open:
            write(.pong, payload, context: context)
        case .close(let code, let reason):
            receivedClose(code: code, reason: reason, context: context)
        default:
            break
        }
    }

    private func receivedClose(code: UInt16, reason: String, context: ChannelHandlerContext) {
        guard phase == .open else {
            finish(context: context)
            return
        }
        phase = .closing
        closure = WebSocketClosure(code: code, reason: reason, origin: .remote)
        let echo = code == WebSocketCloseCode.noStatus ? nil : code
        let loopBound = context.loopBound
        write(.connectionClose, closeBody(code: echo, reason: ""), context: context).whenComplete { _ in
            loopBound.value.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // The consumer may have stopped reading, but the peer's close frame is still wanted.
        if phase == .closing { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard phase == .open else { return }
        guard let error = error as? NIOWebSocketError else {
            closure = .lost("\(error)")
            finish(context: context)
            return
        }
        switch error {
        case .invalidFrameLength:
            let reason = "frame over \(configuration.maximumMessageSize) bytes"
            beginClose(code: WebSocketCloseCode.messageTooLarge, reason: reason, context: context)
        case .fragmentedControlFrame, .multiByteControlFrameLength:
            beginClose(code: WebSocketCloseCode.protocolError, reason: "malformed control frame", context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            finish(context: context)
        case is ChannelShouldQuiesceEvent:
            beginClose(code: WebSocketCloseCode.goingAway, reason: "shutting down", context: context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase == .open else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let written: EventLoopFuture<Void>
        let size: Int
        switch unwrapOutboundIn(data) {
        case .text(let text):
            let buffer = context.channel.allocator.buffer(string: text)
            size = buffer.readableBytes
            written = write(.text, buffer, context: context)
        case .binary(let buffer):
            size = buffer.readableBytes
            written = write(.binary, buffer, context: context)
        }
        written.cascade(to: promise)
        pendingBytes += size
        if pendingBytes > configuration.maximumPendingBytes {
            closure = WebSocketClosure(
                code: WebSocketCloseCode.policyViolation,
                reason: "peer reads too slowly",
                origin: .local
            )
            finish(context: context)
            return
        }
        written.assumeIsolated().whenComplete { _ in self.pendingBytes -= size }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let request = event as? WebSocketCloseRequest else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        beginClose(code: request.code, reason: request.reason, context: context)
        promise?.succeed()
    }

    private func beginClose(code: UInt16, reason: String, context: ChannelHandlerContext) {
        guard phase == .open else { return }
        phase = .closing
        closure = WebSocketClosure(code: code, reason: reason, origin: .local)
        write(.connectionClose, closeBody(code: code, reason: reason), context: context)
        let loopBound = context.loopBound
        closeTimer = context.eventLoop.scheduleTask(in: configuration.closeTimeout) {
            loopBound.value.close(promise: nil)
        }
        context.read()
    }

    private func finish(context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        phase = .closed
        context.close(promise: nil)
    }

    /// A close frame's body: a control frame carries at most 125 bytes, RFC 6455 §5.5.
    private func closeBody(code: UInt16?, reason: String) -> ByteBuffer {
        var body = ByteBuffer()
        guard let code else { return body }
        body.writeInteger(code)
        var length = 0
        for scalar in reason.unicodeScalars {
            let size = UTF8.width(scalar)
            guard length + size <= 123 else { break }
            body.writeString(String(scalar))
            length += size
        }
        return body
    }

    @discardableResult
    private func write(
        _ opcode: WebSocketOpcode,
        _ data: ByteBuffer,
        context: ChannelHandlerContext
    ) -> EventLoopFuture<Void> {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: isServer ? nil : .random(), data: data)
        return context.writeAndFlush(wrapOutboundOut(frame))
    }

    // MARK: Keep-alive

    private func heardFromPeer(context: ChannelHandlerContext) {
        pongTimer?.cancel()
        pongTimer = nil
    }

    private func schedulePing(context: ChannelHandlerContext) {
        guard let interval = configuration.pingInterval else { return }
        pingTimer = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { [loopBound = context.loopBound] in
            let context = loopBound.value
            guard self.phase == .open else { return }
            self.write(.ping, ByteBuffer(), context: context)
            self.awaitPong(context: context)
            self.schedulePing(context: context)
        }
    }

    private func awaitPong(context: ChannelHandlerContext) {
        guard pongTimer == nil else { return }
        let timeout = configuration.pongTimeout
        pongTimer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [loopBound = context.loopBound] in
            guard self.phase == .open else { return }
            self.closure = .lost("peer does not answer pings")
            self.finish(context: loopBound.value)
        }
    }
}
