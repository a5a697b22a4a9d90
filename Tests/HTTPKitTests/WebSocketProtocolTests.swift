// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import NIOCore
import Testing

@Suite("WebSocket messages (RFC 6455 §5)")
struct WebSocketProtocolTests {
    @Test("the unmasked text frame of §5.7 is read by a client")
    func unmaskedText() throws {
        let socket = try EmbeddedWebSocket(isServer: false)
        try socket.receive([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
        #expect(try socket.nextMessage() == .text("Hello"))
    }

    @Test("the masked text frame of §5.7 is read by a server")
    func maskedText() throws {
        let socket = try EmbeddedWebSocket()
        try socket.receive([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
        #expect(try socket.nextMessage() == .text("Hello"))
    }

    @Test("the fragmented message of §5.7 is put together")
    func fragmentedText() throws {
        let socket = try EmbeddedWebSocket(isServer: false)
        try socket.receive([0x01, 0x03, 0x48, 0x65, 0x6c])
        #expect(try socket.nextMessage() == nil)
        try socket.receive([0x80, 0x02, 0x6c, 0x6f])
        #expect(try socket.nextMessage() == .text("Hello"))
    }

    @Test("the ping of §5.7 is answered with its body, also between fragments")
    func ping() throws {
        let socket = try EmbeddedWebSocket(isServer: false)
        try socket.receive([0x01, 0x03, 0x48, 0x65, 0x6c])
        try socket.receive([0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
        let pong = try socket.sentBytes()
        #expect(pong.prefix(2) == [0x8a, 0x85])
        #expect(zip(pong[6...], pong[2..<6] + pong[2..<6]).map { $0 ^ $1 } == Array("Hello".utf8))
        try socket.receive([0x80, 0x02, 0x6c, 0x6f])
        #expect(try socket.nextMessage() == .text("Hello"))
    }

    @Test("a message that arrives byte by byte is read")
    func byteByByte() throws {
        let socket = try EmbeddedWebSocket(isServer: false)
        for byte: UInt8 in [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f] { try socket.receive([byte]) }
        #expect(try socket.nextMessage() == .text("Hello"))
    }

    @Test("a server's text leaves as the unmasked frame of §5.7")
    func sends() throws {
        let socket = try EmbeddedWebSocket()
        socket.channel.writeAndFlush(WebSocketMessage.text("Hello"), promise: nil)
        #expect(try socket.sentBytes() == [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    }

    /// Frames that break the protocol: opcode byte, payload, masked, and the code that ends the connection.
    static let violations: [(name: String, frames: [(UInt8, [UInt8], Bool)], code: UInt16)] = [
        ("text without a mask", [(0x81, [0x41], false)], 1002),
        ("reserved bit", [(0xC1, [0x41], true)], 1002),
        ("unknown opcode", [(0x83, [0x41], true)], 1002),
        ("unknown control opcode", [(0x8B, [], true)], 1002),
        ("fragmented ping", [(0x09, [], true)], 1002),
        ("ping over 125 bytes", [(0x89, Array(repeating: 0, count: 126), true)], 1002),
        ("continuation of nothing", [(0x80, [0x41], true)], 1002),
        ("text inside a fragmented text", [(0x01, [0x41], true), (0x81, [0x41], true)], 1002),
        ("close body of one byte", [(0x88, [0x03], true)], 1002),
        ("close code 1005 on the wire", [(0x88, [0x03, 0xED], true)], 1002),
        ("close code 999", [(0x88, [0x03, 0xE7], true)], 1002),
        ("close reason not UTF-8", [(0x88, [0x03, 0xE8, 0xFF], true)], 1007),
        ("binary", [(0x82, [0x41], true)], 1003),
        ("text not UTF-8", [(0x81, [0xC3, 0x28], true)], 1007),
        ("surrogate in text", [(0x81, [0xED, 0xA0, 0x80], true)], 1007),
        ("frame too long", [(0x81, Array(repeating: 0x41, count: 1001), true)], 1009),
        (
            "message too long",
            [(0x01, Array(repeating: 0x41, count: 600), true), (0x80, Array(repeating: 0x41, count: 401), true)], 1009
        ),
    ]

    @Test("a breach of the protocol ends the connection with its code", arguments: violations.indices)
    func violation(index: Int) throws {
        let (name, frames, code) = Self.violations[index]
        let socket = try EmbeddedWebSocket()
        for (first, payload, masked) in frames {
            try? socket.receive(first & 0x7F, payload, fin: first & 0x80 != 0, masked: masked)
        }
        #expect(try socket.sentCloseCode() == code, "\(name)")
        #expect(try socket.nextMessage() == nil, "\(name)")
        socket.advance(seconds: 2)
        #expect(!socket.isActive, "\(name)")
        #expect(try socket.closure.wait().code == code, "\(name)")
    }

    @Test("a message of exactly the greatest size passes")
    func greatestSize() throws {
        let socket = try EmbeddedWebSocket()
        try socket.receive(0x01, Array(repeating: 0x41, count: 600), fin: false)
        try socket.receive(0x00, Array(repeating: 0x41, count: 400))
        #expect(try socket.nextMessage() == .text(String(repeating: "A", count: 1000)))
    }

    @Test("binary passes where it is wanted")
    func binary() throws {
        let socket = try EmbeddedWebSocket { $0.acceptsBinary = true }
        try socket.receive(0x02, [1, 2, 3])
        #expect(try socket.nextMessage() == .binary(ByteBuffer(bytes: [1, 2, 3])))
    }
}
