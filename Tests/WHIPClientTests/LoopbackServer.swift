// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Testing
import WHIPClient

extension Logger {
    /// A logger that says nothing.
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Runs a server on a port of its own while `body` runs.
///
/// - Parameters:
///   - router: what it answers.
///   - body: gets the server's address, without a slash at its end.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws, and what keeps the server from running.
func withLoopbackServer<Result: Sendable>(
    _ router: Router<BasicRequestContext>,
    _ body: (String) async throws -> Result
) async throws -> Result {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let application = Application(
        router: router,
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
        logger: .silent
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        defer { group.cancelAll() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        return try await body("http://127.0.0.1:\(port)")
    }
}
