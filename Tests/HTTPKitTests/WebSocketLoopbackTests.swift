// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Hummingbird
import NIOCore
import NIOPosix
import Testing

@Suite("WebSockets over loopback", .timeLimit(.minutes(1)))
struct WebSocketLoopbackTests {
    private let client = WebSocketClient()

    private func address(_ port: Int, _ target: String = "/ws") -> WebSocketAddress {
        WebSocketAddress(isSecure: false, host: "127.0.0.1", port: port, target: target)
    }

    /// Echoes texts, and closes with what it is told.
    private static let echo: WebSocketDecider = { request in
        .accept(subprotocol: request.subprotocols.first) { connection in
            for await message in connection.messages {
                guard case .text(let text) = message else { continue }
                if text == "bye" { connection.close(code: 4291, reason: "limit") }
                connection.send("\(request.query("name") ?? "") \(text)")
            }
        }
    }

    private static let pass: WebSocketDecider = { _ in .pass }

    private static func reject(_ problem: Problem) -> WebSocketDecider {
        { _ in .reject(problem) }
    }

    @Test("messages go both ways; the sub-protocol is echoed exactly; the query is decoded")
    func echoes() async throws {
        try await withLoopbackServer(decide: Self.echo) { port in
            let token = "eyJhbGciOiJIUzI1NiJ9.e30.abc_-"
            try await client.withConnection(to: address(port, "/ws?name=a%20b"), subprotocols: [token]) { connection in
                #expect(connection.subprotocol == token)
                connection.send("one")
                connection.send(String(repeating: "x", count: 100_000))
                var messages = connection.messages.makeAsyncIterator()
                #expect(await messages.next() == .text("a b one"))
                #expect(await messages.next() == .text("a b " + String(repeating: "x", count: 100_000)))
            }
        }
    }

    @Test("the server's close code and reason are seen by the client, and messages end")
    func closeCode() async throws {
        try await withLoopbackServer(decide: Self.echo) { port in
            let closure = try await client.withConnection(to: address(port)) { connection in
                connection.send("bye")
                for await _ in connection.messages {}
                return await connection.closed()
            }
            #expect(closure == WebSocketClosure(code: 4291, reason: "limit", origin: .remote))
        }
    }

    @Test("a refused upgrade is an error with status and body")
    func refused() async throws {
        let problem = Problem(.unauthorized, type: "urn:test:token", detail: "token expired")
        try await withLoopbackServer(decide: Self.reject(problem)) { port in
            let error = await #expect(throws: WebSocketOpenError.self) {
                try await client.withConnection(to: address(port)) { _ in }
            }
            guard case .refused(let status, let body)? = error else {
                Issue.record("not refused: \(String(describing: error))")
                return
            }
            #expect(status == 401)
            #expect(body.contains(#""detail":"token expired""#))
        }
    }

    @Test("ordinary requests, and upgrades that are passed on, reach the router")
    func httpBeside() async throws {
        let router = Router()
        router.get("/hello") { _, _ in "hello" }
        try await withLoopbackServer(router: router, decide: Self.pass) { port in
            let first = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
            let second = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let answer = try await RawClient.exchange(port: port, first + second)
            #expect(answer.ranges(of: "HTTP/1.1 200 OK").count == 2)
            let error = await #expect(throws: WebSocketOpenError.self) {
                try await client.withConnection(to: address(port, "/nothing")) { _ in }
            }
            guard case .refused(404, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("the handshake of RFC 6455 §1.3 gets the accept key of the RFC")
    func recordedHandshake() async throws {
        try await withLoopbackServer(decide: Self.echo) { port in
            let request = """
                GET /chat HTTP/1.1\r
                Host: server.example.com\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                Origin: http://example.com\r
                Sec-WebSocket-Protocol: chat, superchat\r
                Sec-WebSocket-Version: 13\r
                \r\n
                """
            let closeFrame: [UInt8] = [0x88, 0x80, 0, 0, 0, 0]
            let answer = try await RawClient.exchange(port: port, request, then: closeFrame)
            #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(answer.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"))
            #expect(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            #expect(answer.contains("Sec-WebSocket-Protocol: chat\r\n"))
        }
    }

    @Test("an upgrade to a protocol that is not spoken here is answered as an ordinary request")
    func otherUpgrade() async throws {
        let router = Router()
        router.post("/whip") { request, _ in try await request.body.collect(upTo: 100) }
        try await withLoopbackServer(router: router, decide: Self.echo) { port in
            let headers =
                "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 3\r\n"
            let answer = try await RawClient.exchange(
                port: port,
                "POST /whip HTTP/1.1\r\n\(headers)\r\nv=0",
                until: "v=0"
            )
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("v=0"))
        }
    }

    @Test("an old version of the protocol is told which one is spoken")
    func version() async throws {
        try await withLoopbackServer(decide: Self.echo) { port in
            let headers = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
            let answer = try await RawClient.exchange(port: port, "GET /ws HTTP/1.1\r\n\(headers)\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 426"))
            #expect(answer.contains("Sec-WebSocket-Version: 13\r\n"))
        }
    }

    @Test("a connection that never asks does not hold up the shutdown")
    func idleConnection() async throws {
        let idle = try await withLoopbackServer(decide: Self.echo) { port in
            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
        }
        try await idle.closeFuture.get()
    }

    @Test("nobody listening is unreachable")
    func unreachable() async throws {
        let port = try await withLoopbackServer(decide: Self.echo) { $0 }
        let error = await #expect(throws: WebSocketOpenError.self) {
            try await client.withConnection(to: address(port)) { _ in }
        }
        guard case .unreachable? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a server that says nothing runs into the open timeout")
    func openTimeout() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        await #expect(throws: WebSocketOpenError.timeout) {
            try await client.withConnection(to: address(port), openTimeout: .milliseconds(50)) { _ in }
        }
        try await listener.close()
    }

    @Test("a first message in the same segment as the 101 is not lost")
    func messageRightAfterUpgrade() async throws {
        let decide: WebSocketDecider = { _ in
            .accept(subprotocol: nil) { connection in
                connection.send("open")
                for await _ in connection.messages {}
            }
        }
        try await withLoopbackServer(decide: decide) { port in
            for _ in 0..<20 {
                try await client.withConnection(to: address(port)) { connection in
                    var messages = connection.messages.makeAsyncIterator()
                    #expect(await messages.next() == .text("open"))
                }
            }
        }
    }
}
