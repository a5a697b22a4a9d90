// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Logging
import RTC
import RTCCrypto
import RTCDriver
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
    /// What goes wrong on purpose.
    let faults: LocalFaults

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
        let (status, fields, body) = try await perform(request)
        return (status, fields, try? JSONDecoder().decode(JSONValue.self, from: body))
    }

    /// Posts an offer to the WHEP side.
    func whep(
        _ path: String,
        offer: String,
        contentType: String = "application/sdp"
    ) async throws -> (status: Int, headers: [String: String], body: String) {
        try await text("POST", "/whep/\(path)", headers: ["Content-Type": contentType], body: offer)
    }

    /// Sends a request whose bodies are text.
    func text(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> (status: Int, headers: [String: String], body: String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        request.httpBody = body.map { Data($0.utf8) }
        let (status, fields, data) = try await perform(request)
        return (status, fields, String(decoding: data, as: UTF8.self))
    }

    private func perform(_ request: URLRequest) async throws -> (Int, [String: String], Data) {
        let (body, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        let fields = answer.allHeaderFields.reduce(into: [String: String]()) {
            $0["\($1.key)".lowercased()] = "\($1.value)"
        }
        return (answer.statusCode, fields, body)
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

/// Runs a local SkyWay whose media are simulated while `body` runs.
@discardableResult
func withLocalServer<Result: Sendable>(
    configure: (inout SkyWayLocalConfiguration) -> Void = { _ in },
    _ body: (LocalServer) async throws -> Result
) async throws -> Result {
    let engine = SimulatedEngine()
    return try await withService(engine: engine, configure: configure) { port, clock, faults in
        try await body(LocalServer(port: port, engine: engine, clock: clock, faults: faults))
    }
}

/// Runs a local SkyWay with real media on loopback while `body` runs.
@discardableResult
func withMediaServer<Result: Sendable>(_ body: (LocalServer) async throws -> Result) async throws -> Result {
    let worker = try await MediaWorker.start(SkyWayLocalConfiguration.media(port: 0, address: .loopbackIPv4))
    let engine = WorkerMediaEngine(worker: worker, certificate: try .makeSelfSigned())
    return try await withService(engine: engine) { port, clock, faults in
        try await body(LocalServer(port: port, engine: SimulatedEngine(), clock: clock, faults: faults))
    }
}

private func withService<Result: Sendable>(
    engine: any MediaEngine,
    configure: (inout SkyWayLocalConfiguration) -> Void = { _ in },
    _ body: (Int, ManualClock, LocalFaults) async throws -> Result
) async throws -> Result {
    let clock = ManualClock()
    var configuration = SkyWayLocalConfiguration()
    configuration.port = 0
    configuration.clock = clock.clock
    configuration.sweepInterval = .zero
    configuration.viewerGrace = .zero
    configure(&configuration)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let service = SkyWayLocalService(configuration: configuration, logger: logger) { engine }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        let result = try await body(try await service.boundPort, clock, service.faults)
        group.cancelAll()
        while let ended = await group.nextResult() { _ = ended }
        return result
    }
}
