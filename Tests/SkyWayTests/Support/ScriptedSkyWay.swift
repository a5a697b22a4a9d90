// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Hummingbird
import Logging
import ServiceLifecycle
import SkyWay
import Testing

/// A SkyWay that says what a test tells it to, over real sockets: RTC API, SFU API and ICE parameters on one port.
actor ScriptedSkyWay {
    /// What is answered to one call.
    enum Reply: Sendable {
        case result(JSONValue)
        /// An error of the RTC API, or an HTTP status.
        case failure(Int, dataCode: Int? = nil, message: String = "")
        /// Nothing at all.
        case silence
        /// The connection goes, with this code.
        case drop(UInt16)
    }

    /// One call that came, with what it carried.
    struct Call: Sendable {
        var name: String
        var id: String?
        var parameters: JSONValue
        var authorization: String?
    }

    private(set) var calls: [Call] = [] {
        didSet { resumeWaiters() }
    }
    /// Sub-protocols of the connections that were made.
    private(set) var tokens: [String] = []
    private(set) var targets: [String] = []
    private var replies: [String: [Reply]] = [:]
    private var defaults: [String: JSONValue]
    private var connection: WebSocketConnection?
    private var upgradeStatus: Int?
    private var refusedTokens: Set<String> = []
    private var waiters: [(name: String, count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    init(defaults: [String: JSONValue] = [:]) {
        self.defaults = defaults
    }

    /// What is answered to the next calls of that name; the default afterwards.
    func reply(_ name: String, _ replies: Reply...) {
        self.replies[name, default: []] += replies
    }

    func refuseUpgrades(_ status: Int) { upgradeStatus = status }

    /// Refuses all tokens there were, as when they have run out.
    func refuseKnownTokens() { refusedTokens.formUnion(tokens) }

    var names: [String] { calls.map(\.name) }

    func calls(_ name: String) -> [Call] { calls.filter { $0.name == name } }

    func parameters(_ name: String) -> JSONValue? { calls(name).last?.parameters }

    /// Waits until so many calls of that name have come.
    func waitForCall(_ name: String, count: Int = 1) async {
        guard calls(name).count < count else { return }
        await withCheckedContinuation { waiters.append((name, count, $0)) }
    }

    private func resumeWaiters() {
        let ready = waiters.filter { calls($0.name).count >= $0.count }
        waiters.removeAll { calls($0.name).count >= $0.count }
        for waiter in ready { waiter.continuation.resume() }
    }

    // MARK: From the service's side

    func send(_ text: String) { connection?.send(text) }

    func notify(_ type: String, version: Int, _ data: [String: JSONValue] = [:], channelID: String = "C") throws {
        var data = data
        data["channel"] = ["id": .string(channelID), "version": .integer(Int64(version))]
        let event: JSONValue = [
            "jsonrpc": "2.0", "method": "channelEventNotification",
            "params": ["type": .string(type), "appId": "A", "data": .object(data)],
        ]
        send(try encode(event))
    }

    func dropConnection(_ code: UInt16 = 1011) {
        connection?.close(code: code)
        connection = nil
    }

    // MARK: Answers

    func decide(_ request: WebSocketUpgradeRequest) -> WebSocketDecision {
        if let upgradeStatus { return .reject(Problem(.init(code: upgradeStatus))) }
        guard refusedTokens.isDisjoint(with: request.subprotocols) else { return .reject(Problem(.unauthorized)) }
        tokens += request.subprotocols
        targets.append(request.uri.string)
        return .accept(subprotocol: request.subprotocols.first) { await self.serve($0) }
    }

    private func serve(_ connection: WebSocketConnection) async {
        self.connection = connection
        for await message in connection.messages {
            guard case .text(let text) = message else { continue }
            try? receive(text, on: connection)
        }
    }

    private struct Request: Decodable {
        var id: String
        var method: String
        var params: JSONValue
    }

    private func receive(_ text: String, on connection: WebSocketConnection) throws {
        let request = try JSONDecoder().decode(Request.self, from: Data(text.utf8))
        calls.append(Call(name: request.method, id: request.id, parameters: request.params))
        var answer: [String: JSONValue] = ["jsonrpc": "2.0", "id": .string(request.id)]
        switch nextReply(request.method) {
        case .result(let result): answer["result"] = result
        case .failure(let code, let dataCode, let message):
            let data: JSONValue = dataCode.map { ["code": .integer(Int64($0))] } ?? [:]
            answer["error"] = ["code": .integer(Int64(code)), "message": .string(message), "data": data]
        case .silence: return
        case .drop(let code):
            connection.close(code: code)
            return
        }
        connection.send(try encode(.object(answer)))
    }

    func respond(_ method: String, _ path: String, body: Data, authorization: String?) throws -> (Int, String)? {
        let name = "\(method) \(path)"
        let parameters = (try? JSONDecoder().decode(JSONValue.self, from: body)) ?? .null
        calls.append(Call(name: name, parameters: parameters, authorization: authorization))
        switch nextReply(name) {
        case .result(let result): return (200, try encode(result))
        case .failure(let status, _, let message): return (status, try encode(["message": .string(message)]))
        case .silence, .drop: return nil
        }
    }

    private func nextReply(_ name: String) -> Reply {
        guard var scripted = replies[name], !scripted.isEmpty else { return .result(defaults[name] ?? [:]) }
        let reply = scripted.removeFirst()
        replies[name] = scripted
        return reply
    }

    private func encode(_ value: JSONValue) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

extension ScriptedSkyWay {
    /// Serves on a port of its own while `body` runs.
    nonisolated func run<Result: Sendable>(
        body: (SkyWayHost) async throws -> Result
    ) async throws -> Result {
        let router = Router()
        for method: HTTPRequest.Method in [.get, .post, .put, .delete] {
            router.on("/**", method: method) { request, _ in
                let body = try await request.body.collect(upTo: 1 << 20)
                let path = request.uri.path
                let authorization = request.headers[.authorization]
                let answer = try await self.respond(
                    method.rawValue,
                    path,
                    body: Data(body.readableBytesView),
                    authorization: authorization
                )
                guard let (status, text) = answer else { throw CancellationError() }
                return Response(
                    status: .init(code: status),
                    headers: [.contentType: "application/json"],
                    body: .init(byteBuffer: ByteBuffer(string: text))
                )
            }
        }
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let app = Application(
            router: router,
            server: .webSocket { await self.decide($0) },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: logger
        )
        let services = ServiceGroup(configuration: .init(services: [app], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let result = try await body(SkyWayHost("127.0.0.1:\(port)", isSecure: false))
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            return result
        }
    }
}
