// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL

/// A frame of HTTP/2 (RFC 9113 §4.1).
struct Frame: Sendable {
    static let headers: UInt8 = 1
    static let resetType: UInt8 = 3
    static let settingsType: UInt8 = 4
    static let goAway: UInt8 = 7

    var type: UInt8
    var flags: UInt8 = 0
    var stream = 0
    var payload: [UInt8] = []

    /// `:scheme https`, `:path /`, `:authority gateway.test` by HPACK's static table.
    private static let target: [UInt8] = [0x87, 0x84, 0x41, 12] + Array("gateway.test".utf8)

    static let settings = Frame(type: settingsType)
    static let ping = Frame(type: 6, payload: [UInt8](repeating: 0, count: 8))

    static func request(_ stream: Int) -> Frame {
        Frame(type: headers, flags: 5, stream: stream, payload: [0x82] + target)
    }

    static func post(_ stream: Int) -> Frame {
        Frame(type: headers, flags: 4, stream: stream, payload: [0x83] + target)
    }

    static func openRequest(_ stream: Int) -> Frame {
        Frame(type: headers, flags: 1, stream: stream, payload: [0x82] + target)
    }

    static func continuation(_ stream: Int, size: Int) -> Frame {
        // A header that is not indexed, again and again.
        let header: [UInt8] = [0, 1, 0x61, 1, 0x62]
        return Frame(type: 9, stream: stream, payload: (0..<size / 5).flatMap { _ in header })
    }

    static func emptyData(_ stream: Int) -> Frame { Frame(type: 0, stream: stream) }

    static func reset(_ stream: Int) -> Frame { Frame(type: resetType, stream: stream, payload: [0, 0, 0, 8]) }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(payload.count) << 8 | UInt32(type))
        buffer.writeInteger(flags)
        buffer.writeInteger(UInt32(stream))
        buffer.writeBytes(payload)
    }

    init(type: UInt8, flags: UInt8 = 0, stream: Int = 0, payload: [UInt8] = []) {
        (self.type, self.flags, self.stream, self.payload) = (type, flags, stream, payload)
    }

    /// Takes a frame off the front of what came; `nil` while it is not whole.
    init?(readingFrom buffer: inout ByteBuffer) {
        guard let head: UInt32 = buffer.getInteger(at: buffer.readerIndex), buffer.readableBytes >= 9 + Int(head >> 8)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let flags: UInt8 = buffer.readInteger(), let stream: UInt32 = buffer.readInteger(),
            let payload = buffer.readBytes(length: Int(head >> 8))
        else { return nil }
        self.init(type: UInt8(truncatingIfNeeded: head), flags: flags, stream: Int(stream), payload: payload)
    }
}

/// A connection over TLS that sends frames as they are.
struct SecureConnection: Sendable {
    private let channel: any Channel
    private let frames: AsyncStream<Frame>

    /// Connects to a port of loopback and says the preface (RFC 9113 §3.4).
    static func open(to port: Int, _ trust: TLSConfiguration) async throws -> SecureConnection {
        let context = try NIOSSLContext(configuration: trust)
        let (frames, arriving) = AsyncStream<Frame>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let security = try NIOSSLClientHandler(context: context, serverHostname: "gateway.test")
                    try channel.pipeline.syncOperations.addHandlers([security, Reader(arriving)])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        return SecureConnection(channel: channel, frames: frames)
    }

    /// Sends frames; what the other side does not take any more is no failure.
    func send(_ frames: [Frame]) async throws {
        for start in stride(from: 0, to: frames.count, by: 100) {
            var buffer = ByteBuffer()
            for frame in frames[start..<min(frames.count, start + 100)] { frame.write(to: &buffer) }
            guard (try? await channel.writeAndFlush(buffer)) != nil else { return }
        }
    }

    /// The first frame that is as wanted; `nil` where the connection ends before.
    func receive(_ isWanted: (Frame) -> Bool) async -> Frame? {
        for await frame in frames where isWanted(frame) { return frame }
        return nil
    }

    /// Returns once the other side has closed.
    func ended() async {
        for await _ in frames {}
    }

    func close() { channel.close(promise: nil) }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let arriving: AsyncStream<Frame>.Continuation
        private var buffer = ByteBuffer()

        init(_ arriving: AsyncStream<Frame>.Continuation) {
            self.arriving = arriving
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            buffer.writeImmutableBuffer(unwrapInboundIn(data))
            while let frame = Frame(readingFrom: &buffer) { arriving.yield(frame) }
        }

        func channelInactive(context: ChannelHandlerContext) { arriving.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
