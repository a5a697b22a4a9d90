// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Logging
import Testing

@testable import SkyWayLocal

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A local SkyWay on a port of its own, and everything a test talks to it with.
struct LocalServer: Sendable {
    let port: Int
    let engine: SimulatedEngine
    let clock: ManualClock

    /// A token for everything, good by the server's clock.
    func token() async throws -> String {
        try await TestTokens.allowingEverything(issuedAt: clock.seconds)
    }

    /// Signs a token with a scope of version 3.
    func token(scope: String, version: Int = 3) async throws -> String {
        try await TestTokens.sign(TestTokens.claims(scope: scope, version: version, issuedAt: clock.seconds))
    }

    /// Sends a request to the REST side.
    func http(
        _ method: String,
        _ path: String,
        token: String?,
        json: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> (status: Int, headers: [String: String], body: JSONValue?) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let json {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            // Foundation refuses a body on GET.
            if method != "GET" { request.httpBody = Data(json.utf8) }
        }
        let (body, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        let fields = answer.allHeaderFields.reduce(into: [String: String]()) {
            $0["\($1.key)".lowercased()] = "\($1.value)"
        }
        return (answer.statusCode, fields, try? JSONDecoder().decode(JSONValue.self, from: body))
    }

    /// Opens the RTC API.
    @discardableResult
    func withRPC<Result: Sendable>(
        token: String? = nil,
        query: String = "",
        _ body: @Sendable (RPCClient) async throws -> Result
    ) async throws -> Result {
        let token = if let token { token } else { try await self.token() }
        return try await withSocket("/ws\(query)", subprotocol: token) { connection in
            try await body(RPCClient(connection, token: token))
        }
    }

    /// Opens any of the server's sockets.
    @discardableResult
    func withSocket<Result: Sendable>(
        _ target: String,
        subprotocol: String,
        _ body: @Sendable (WebSocketConnection) async throws -> Result
    ) async throws -> Result {
        let address = WebSocketAddress(isSecure: false, host: "127.0.0.1", port: port, target: target)
        return try await WebSocketClient().withConnection(to: address, subprotocols: [subprotocol], body: body)
    }
}

/// Runs a local SkyWay while `body` runs.
func withLocalServer<Result: Sendable>(
    configure: (inout SkyWayLocalConfiguration) -> Void = { _ in },
    _ body: (LocalServer) async throws -> Result
) async throws -> Result {
    let clock = ManualClock()
    let engine = SimulatedEngine()
    var configuration = SkyWayLocalConfiguration()
    configuration.port = 0
    configuration.clock = clock.clock
    configuration.sweepInterval = .zero
    configure(&configuration)
    let service = SkyWayLocalService(
        configuration: configuration,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { engine }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        let server = LocalServer(port: try await service.boundPort, engine: engine, clock: clock)
        let result = try await body(server)
        group.cancelAll()
        while let ended = await group.nextResult() { _ = ended }
        return result
    }
}
