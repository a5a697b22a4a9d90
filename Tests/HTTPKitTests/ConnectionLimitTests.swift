// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import HTTPKit

@Suite("What a connection may take", .timeLimit(.minutes(1)))
struct ConnectionLimitTests {
    // MARK: On sockets

    private static var limits: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.headTimeout = .milliseconds(200)
        limits.bodyTimeout = .milliseconds(200)
        limits.idleTimeout = .milliseconds(400)
        return limits
    }

    private func run<Result: Sendable>(
        _ limits: ConnectionLimits = limits,
        _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let router = Router()
        router.post("/") { request, _ in "read \(try await request.body.collect(upTo: 1 << 16).readableBytes)" }
        router.get("/") { _, _ in "here" }
        return try await withLoopbackServer(
            router: router,
            server: .guarded(limits) { HTTP1Channel(responder: $1, configuration: $0) },
            body: body
        )
    }

    @Test(
        "A connection that says nothing, or does not come to the end of a request, is closed",
        arguments: [
            ("", ""), ("GET / HT", ""), ("GET / HTTP/1.1\r\nHost: a\r\nX: ", ""),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 408"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 408"),
        ]
    )
    func slow(request: String, answer: String) async throws {
        try await run { port in
            let began = ContinuousClock.now
            let received = try await RawClient.exchange(port: port, request)
            #expect(received.hasPrefix(answer) && received.isEmpty == answer.isEmpty, "\(received)")
            #expect(ContinuousClock.now - began >= .milliseconds(190))
        }
    }

    @Test("Bytes that keep coming don't keep a request alive that never ends")
    func drip() async throws {
        try await run { port in
            let client = try await DrippingClient.connect(port: port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            let received = try await client.drip("a", every: .milliseconds(10))
            #expect(received.hasPrefix("HTTP/1.1 408"), "\(received)")
        }
    }

    @Test("A connection is kept for further requests until it has been idle for too long")
    func keptAlive() async throws {
        try await run { port in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
            let began = ContinuousClock.now
            // The second request comes with its end, and both are answered.
            let received = try await RawClient.exchange(port: port, head + "abc", then: Array((head + "abc").utf8))
            #expect(received.ranges(of: "HTTP/1.1 200").count == 2)
            #expect(received.ranges(of: "read 3").count == 2)
            #expect(ContinuousClock.now - began >= .milliseconds(390))
        }
    }

    @Test("Connections of one client beyond its share are closed, and there is room again once others are")
    func perClient() async throws {
        var limits = Self.limits
        limits.connectionsPerClient = 2
        limits.headTimeout = .seconds(30)
        limits.idleTimeout = .seconds(30)
        try await run(limits) { port in
            let first = try await DrippingClient.connect(port: port)
            let second = try await DrippingClient.connect(port: port)
            try await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await first.receive(until: "here")
            _ = try await second.receive(until: "here")
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            let refused = try? await RawClient.exchange(port: port, request, until: "here")
            #expect(refused ?? "" == "")
            first.close()
            var answer = ""
            while !answer.hasSuffix("here") {
                // Closed at once as long as the first connection is not.
                answer = (try? await RawClient.exchange(port: port, request, until: "here")) ?? ""
            }
            second.close()
        }
    }

    @Test("Clients that are not counted have no share")
    func uncounted() async throws {
        var limits = Self.limits
        limits.connectionsPerClient = 0
        limits.client = { _ in nil }
        try await run(limits) { port in
            let answer = try await RawClient.exchange(port: port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", until: "here")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    // MARK: Without sockets

    @Test("A connection without a request is closed when its time is over, and at once when the server shuts down")
    func beginning() throws {
        for isShuttingDown in [false, true] {
            let channel = EmbeddedChannel(handler: ConnectionDeadlineHandler(timeout: .seconds(10)))
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
            #expect(channel.isActive)
            if isShuttingDown {
                channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            } else {
                channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
            }
            #expect(!channel.isActive)
        }
    }

    @Test("While a request is read or answered no deadline of the connection runs; the next one begins with its bytes")
    func between() throws {
        let deadline = ConnectionDeadlineHandler(timeout: .seconds(10))
        let channel = EmbeddedChannel(handler: deadline)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        deadline.requestBegan(isStream: false)
        try channel.writeInbound(ByteBuffer(string: "body"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(100))
        #expect(channel.isActive)
        deadline.requestEnded()
        channel.embeddedEventLoop.advanceTime(by: .seconds(100))
        #expect(channel.isActive)
        try channel.writeInbound(ByteBuffer(string: "G"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!channel.isActive)
    }

    @Test("Frames of HTTP/2 between requests start no deadline")
    func multiplexed() throws {
        let deadline = ConnectionDeadlineHandler(timeout: .seconds(10))
        let channel = EmbeddedChannel(handler: deadline)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        deadline.requestBegan(isStream: true)
        deadline.requestEnded()
        try channel.writeInbound(ByteBuffer(string: "PING"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(100))
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test("A request whose answer has begun gets no second one when its body does not end")
    func alreadyAnswered() throws {
        let channel = EmbeddedChannel(handler: RequestDeadlineHandler(timeout: .seconds(10)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(HTTPRequestPart.head(.init(method: .post, scheme: "http", authority: "a", path: "/")))
        try channel.writeOutbound(HTTPResponsePart.head(.init(status: .unauthorized)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!channel.isActive)
        var parts: [HTTPResponsePart] = []
        while let part = try channel.readOutbound(as: HTTPResponsePart.self) { parts.append(part) }
        #expect(parts == [.head(.init(status: .unauthorized)), .end(nil)])
    }
}
