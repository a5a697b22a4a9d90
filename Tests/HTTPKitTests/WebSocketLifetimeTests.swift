// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import HTTPKit

@Suite("End of a WebSocket (RFC 6455 §7)")
struct WebSocketLifetimeTests {
    @Test("the peer's close is answered with its code, and seen with code and reason")
    func peerCloses() throws {
        let socket = try EmbeddedWebSocket()
        try socket.receive(0x08, [0x10, 0xC3] + Array("limit".utf8))
        #expect(try socket.sentBytes() == [0x88, 0x02, 0x10, 0xC3])
        #expect(!socket.isActive)
        #expect(try socket.closure.wait() == WebSocketClosure(code: 4291, reason: "limit", origin: .remote))
    }

    @Test("a close without a code is answered without one and seen as 1005")
    func peerClosesWithoutCode() throws {
        let socket = try EmbeddedWebSocket()
        try socket.receive(0x08, [])
        #expect(try socket.sentBytes() == [0x88, 0x00])
        #expect(try socket.closure.wait() == WebSocketClosure(code: 1005, origin: .remote))
    }

    @Test("our close waits for the peer's answer")
    func weClose() throws {
        let socket = try EmbeddedWebSocket()
        socket.channel.triggerUserOutboundEvent(WebSocketCloseRequest(code: 4000, reason: "no"), promise: nil)
        #expect(try socket.sentBytes() == [0x88, 0x04, 0x0F, 0xA0] + Array("no".utf8))
        try socket.receive(0x01, [0x41])
        #expect(try socket.nextMessage() == nil)
        #expect(socket.isActive)
        try socket.receive(0x08, [0x0F, 0xA0])
        #expect(!socket.isActive)
        #expect(try socket.closure.wait() == WebSocketClosure(code: 4000, reason: "no", origin: .local))
    }

    @Test("a peer that does not answer our close is left after two seconds")
    func closeTimeout() throws {
        let socket = try EmbeddedWebSocket()
        socket.channel.triggerUserOutboundEvent(WebSocketCloseRequest(code: 1000, reason: ""), promise: nil)
        socket.advance(seconds: 1)
        #expect(socket.isActive)
        socket.advance(seconds: 1)
        #expect(!socket.isActive)
    }

    @Test("a long close reason is cut to fit its frame without splitting a character")
    func longReason() throws {
        let socket = try EmbeddedWebSocket()
        let reason = String(repeating: "\u{3042}", count: 60)
        socket.channel.triggerUserOutboundEvent(WebSocketCloseRequest(code: 1000, reason: reason), promise: nil)
        let frame = try socket.sentBytes()
        #expect(frame.prefix(2) == [0x88, 125])
        #expect(String(validating: frame[4...], as: UTF8.self) == String(repeating: "\u{3042}", count: 41))
    }

    @Test("a transport that ends is a lost connection")
    func lost() throws {
        let socket = try EmbeddedWebSocket()
        try socket.pipeline.close().wait()
        #expect(try socket.closure.wait() == .lost("connection lost"))
    }

    @Test("the end of the peer's half closes the connection")
    func halfClosed() throws {
        let socket = try EmbeddedWebSocket()
        socket.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!socket.isActive)
    }

    @Test("a server that shuts down says 1001")
    func quiesce() throws {
        let socket = try EmbeddedWebSocket()
        socket.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try socket.sentCloseCode() == 1001)
    }

    @Test("a ping leaves every 15 seconds while the peer answers")
    func keepAlive() throws {
        let socket = try EmbeddedWebSocket()
        for _ in 0..<4 {
            socket.advance(seconds: 15)
            #expect(try socket.sentBytes() == [0x89, 0x00])
            try socket.receive(0x0A, [])
        }
        socket.advance(seconds: 14)
        #expect(socket.isActive)
    }

    @Test("any frame answers a ping")
    func anyFrameIsLife() throws {
        let socket = try EmbeddedWebSocket()
        socket.advance(seconds: 15)
        try socket.receive(0x01, [0x41])
        socket.advance(seconds: 14)
        #expect(socket.isActive)
    }

    @Test("a half-open connection is found 10 seconds after a ping")
    func halfOpen() throws {
        let socket = try EmbeddedWebSocket()
        socket.advance(seconds: 24)
        #expect(socket.isActive)
        socket.advance(seconds: 1)
        #expect(!socket.isActive)
        #expect(try socket.closure.wait() == .lost("peer does not answer pings"))
    }

    @Test("nothing is sent after our close")
    func nothingAfterClose() throws {
        let socket = try EmbeddedWebSocket()
        socket.channel.triggerUserOutboundEvent(WebSocketCloseRequest(code: 1000, reason: ""), promise: nil)
        _ = try socket.sentBytes()
        socket.channel.writeAndFlush(WebSocketMessage.text("late"), promise: nil)
        socket.advance(seconds: 1)
        #expect(try socket.sentBytes().isEmpty)
    }
}
