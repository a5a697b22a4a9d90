// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import NIOPosix
import Testing

@testable import HTTPKit

@Suite("Clients that do not read", .timeLimit(.minutes(1)))
struct WriteDeadlineTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: WriteDeadlineHandler(timeout: .seconds(20)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test("A connection is closed when what it is sent has not left in time")
    func unread() throws {
        let channel = try channel()
        // Written, and not flushed, as where the system takes no more.
        channel.write(HTTPResponsePart.head(.init(status: .ok)), promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(19_999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test("Everything that leaves gives the rest its time anew; who is sent nothing has no deadline")
    func progress() throws {
        let channel = try channel()
        for _ in 1...10 {
            channel.write(HTTPResponsePart.body(ByteBuffer(string: "a")), promise: nil)
            channel.embeddedEventLoop.advanceTime(by: .seconds(15))
            channel.flush()
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(1_000))
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test("An answer without an end is given up where nobody reads it")
    func neverReading() async throws {
        let (ends, ended) = AsyncStream<Void>.makeStream()
        let router = Router()
        router.get("/") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    defer { ended.yield() }
                    while true { try await writer.write(ByteBuffer(repeating: 0x61, count: 1 << 16)) }
                }
            )
        }
        var limits = ConnectionLimits()
        limits.writeTimeout = .milliseconds(300)
        let server = HTTPServerBuilder.guarded(limits) { HTTP1Channel(responder: $1, configuration: $0) }
        try await withLoopbackServer(router: router, server: server) { port in
            let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .connect(host: "127.0.0.1", port: port).get()
            try await client.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            var iterator = ends.makeAsyncIterator()
            await iterator.next()
            try await client.close()
        }
    }
}
