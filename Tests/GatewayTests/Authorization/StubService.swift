// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A service on loopback that answers as a test wants, and remembers what it was sent.
final class StubService: Sendable {
    /// A request that came.
    struct Received: Sendable {
        var headers: HTTPFields
        var body: String
    }

    private let all = Mutex<[Received]>([])
    private let answers: Mutex<@Sendable (Received) async throws -> Response>

    /// What came, in order.
    var received: [Received] { all.withLock { $0 } }

    /// Changes how it answers.
    func answer(_ answer: @escaping @Sendable (Received) async throws -> Response) {
        answers.withLock { $0 = answer }
    }

    private init(_ answer: @escaping @Sendable (Received) async throws -> Response) {
        answers = Mutex(answer)
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = String(buffer: try await request.body.collect(upTo: 1 << 20))
        let received = Received(headers: request.headers, body: body)
        all.withLock { $0.append(received) }
        return try await answers.withLock { $0 }(received)
    }

    /// Runs a test with the service at a port of its own.
    static func run(
        _ answer: @escaping @Sendable (Received) async throws -> Response,
        _ test: @escaping @Sendable (StubService, String) async throws -> Void
    ) async throws {
        let service = StubService(answer)
        let router = Router()
        for path: RouterPath in ["/", ":any"] {
            for method in [HTTPRequest.Method.get, .post] {
                router.on(path, method: method) { request, _ in try await service.answer(request) }
            }
        }
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "stub") { SwiftLogNoOpLogHandler($0) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            var iterator = ports.makeAsyncIterator()
            if let port = await iterator.next() { try await test(service, "http://127.0.0.1:\(port)/") }
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
        }
    }
}

extension Response {
    /// A JSON text.
    static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
