// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// A connection that a test sends and reads piece by piece.
struct DrippingClient: Sendable {
    private let channel: any Channel
    private let bytes: AsyncStream<String>

    /// Connects to a port of loopback.
    static func connect(port: Int) async throws -> DrippingClient {
        let (bytes, arriving) = AsyncStream<String>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(arriving))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return DrippingClient(channel: channel, bytes: bytes)
    }

    /// Sends a text.
    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Reads until what has come ends so, or the other side has closed.
    func receive(until end: String) async throws -> String {
        var received = ""
        for await part in bytes {
            received += part
            if received.hasSuffix(end) { break }
        }
        return received
    }

    /// Sends a text again and again until the other side closes; the result is what came.
    func drip(_ text: String, every interval: Duration) async throws -> String {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while channel.isActive, (try? await Task.sleep(for: interval)) != nil {
                    try? await channel.writeAndFlush(ByteBuffer(string: text))
                }
            }
            let received = (try? await receive(until: "never")) ?? ""
            group.cancelAll()
            return received
        }
    }

    func close() { channel.close(promise: nil) }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let arriving: AsyncStream<String>.Continuation

        init(_ arriving: AsyncStream<String>.Continuation) {
            self.arriving = arriving
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            arriving.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { arriving.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
