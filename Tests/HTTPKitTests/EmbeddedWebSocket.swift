// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOWebSocket

@testable import HTTPKit

/// One side of a WebSocket on an embedded channel: bytes in, bytes and messages out, time by hand.
struct EmbeddedWebSocket {
    let channel: EmbeddedChannel
    let closure: EventLoopFuture<WebSocketClosure>

    init(isServer: Bool = true, configure: (inout WebSocketConfiguration) -> Void = { _ in }) throws {
        var configuration = WebSocketConfiguration()
        configuration.maximumMessageSize = 1000
        configure(&configuration)
        let channel = EmbeddedChannel()
        let promise = channel.eventLoop.makePromise(of: WebSocketClosure.self)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(WebSocketFrameEncoder())
        let decoder = WebSocketFrameDecoder(maxFrameSize: configuration.maximumMessageSize)
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try pipeline.addHandler(WebSocketHandler(isServer: isServer, configuration: configuration, closure: promise))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        self.channel = channel
        self.closure = promise.futureResult
    }

    var isActive: Bool { channel.isActive }
    var pipeline: ChannelPipeline { channel.pipeline }

    /// What the peer sends, as bytes of the wire.
    func receive(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// What the peer sends, as a frame masked with zeros (a client's) unless told otherwise.
    func receive(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true) throws {
        var bytes: [UInt8] = [opcode | (fin ? 0x80 : 0)]
        let mask: UInt8 = masked ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(UInt8(payload.count) | mask)
        } else {
            bytes += [126 | mask, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        if masked { bytes += [0, 0, 0, 0] }
        try receive(bytes + payload)
    }

    func nextMessage() throws -> WebSocketMessage? {
        try channel.readInbound(as: WebSocketMessage.self)
    }

    /// The next bytes sent, all parts of one flush together.
    func sentBytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(part.readableBytesView) }
        return bytes
    }

    /// The code of the close frame sent, if one was.
    func sentCloseCode() throws -> UInt16? {
        let bytes = try sentBytes()
        guard bytes.count >= 4, bytes[0] == 0x88 else { return nil }
        return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }

    func advance(seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }
}
