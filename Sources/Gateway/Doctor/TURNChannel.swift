// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import RTC
import RTCCrypto
import RTCDriver

/// Told once datagrams can go to the peer.
struct TURNChannelOpened: Sendable {}

/// Speaks with a TURN server, and lets the handlers behind it exchange datagrams with one peer through it.
final class TURNChannel: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var client: TURNClient
    private let peer: TransportAddress
    private var isOpen = false
    private var timer: Scheduled<Void>?

    /// Makes a way to a peer.
    ///
    /// - Parameters:
    ///   - server: the server that the channel leads to.
    ///   - peer: the peer.
    init(_ server: TURNServer, peer: TransportAddress) {
        var generator = SecureRandomNumberGenerator()
        client = TURNClient(
            server.credentials,
            isReliable: server.transport != .udp,
            at: Clock.now,
            using: &generator
        )
        self.peer = TransportAddress(peer.ip, port: peer.port, transport: .relayed)
    }

    func handlerAdded(context: ChannelHandlerContext) { drive(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        let bytes = Array(message.readableBytesView)
        if case .data(let range, _) = client.receive(bytes.span.bytes, at: Clock.now) {
            context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: bytes[range])))
        }
        drive(context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let datagram = unwrapOutboundIn(data)
        let length = datagram.readableBytes
        // Room for padding too.
        var bytes = Array(datagram.readableBytesView) + [UInt8](repeating: 0, count: TURNClient.maximumOverhead + 4)
        var span = bytes.mutableSpan
        var room = span.mutableBytes
        guard let total = client.wrap(&room, length: length, to: peer, at: Clock.now) else {
            promise?.fail(TURNFailure.noAnswer)
            return
        }
        context.write(wrapOutboundOut(ByteBuffer(bytes: bytes.prefix(total))), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        client.close(at: Clock.now)
        drive(context)
        context.close(mode: mode, promise: promise)
    }

    /// Sends what is due, and looks what has become of it.
    private func drive(_ context: ChannelHandlerContext) {
        client.advance(to: Clock.now)
        send(context)
        switch client.state {
        case .allocating: break
        case .allocated where isOpen: break
        case .allocated:
            isOpen = true
            // The permission leaves before the first datagram.
            if client.expect(peer, at: Clock.now) { send(context) }
            context.fireUserInboundEventTriggered(TURNChannelOpened())
        case .ended(.closed): return
        case .ended(let failure): return context.fireErrorCaught(failure)
        }
        timer?.cancel()
        guard let deadline = client.deadline else { return }
        let wait = max(.zero, Duration.nanoseconds(Int64(deadline.nanoseconds) - Int64(Clock.now.nanoseconds)))
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(wait)) {
            bound.value.handler.drive(bound.value.context)
        }
    }

    private func send(_ context: ChannelHandlerContext) {
        var isPending = true
        while isPending {
            let message = [UInt8](unsafeUninitializedCapacity: TURNClient.maximumMessageSize) { room, count in
                let raw = UnsafeMutableRawBufferPointer(room)
                var output = OutputRawSpan(buffer: raw, initializedCount: 0)
                isPending = client.poll(into: &output)
                count = output.finalize(for: raw)
            }
            if isPending { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: message)), promise: nil) }
        }
    }
}

/// Messages of TURN in a stream, told apart by their own lengths (RFC 8656 §12.5, RFC 8489 §6.2.2).
final class TURNFrameDecoder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var input = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        while let length = frameLength, let message = input.readSlice(length: length) {
            context.fireChannelRead(wrapInboundOut(message))
        }
        input.discardReadBytes()
    }

    /// The length of the message at the beginning, padding included; `nil` before its header is there.
    private var frameLength: Int? {
        guard let first = input.getInteger(at: input.readerIndex, as: UInt8.self),
            let length = input.getInteger(at: input.readerIndex + 2, as: UInt16.self)
        else { return nil }
        return first >> 6 == 1 ? (4 + Int(length) + 3) & ~3 : 20 + Int(length)
    }
}
