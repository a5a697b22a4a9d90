// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit

@testable import SkyWayLocal

/// A client of the RTC API that says what is on the wire.
actor RPCClient {
    /// An error answer.
    struct Refusal: Error, Equatable {
        let code: Int64
        let inner: Int64?
    }

    /// The connection ended while something was waited for.
    struct Ended: Error {}

    nonisolated let connection: WebSocketConnection
    nonisolated let token: String
    private var messages: WebSocketMessages.AsyncIterator
    private var nextID: Int64 = 0
    /// The events that came and were not asked for yet.
    private(set) var events: [JSONValue] = []

    init(_ connection: WebSocketConnection, token: String) {
        self.connection = connection
        self.token = token
        messages = connection.messages.makeAsyncIterator()
    }

    /// Calls a method and waits for its result; events that come before are kept.
    @discardableResult
    func call(_ method: String, _ params: [String: JSONValue] = [:]) async throws -> JSONValue {
        nextID += 1
        let id = JSONValue.integer(nextID)
        return try await send(request(method, params, id: id), id: id)
    }

    /// The text of a request.
    nonisolated func request(_ method: String, _ params: [String: JSONValue] = [:], id: JSONValue) -> String {
        var params = params
        if params["authToken"] == nil { params["authToken"] = .string(token) }
        if method != "updateAuthToken" { params["appId"] = .string(TestTokens.appID) }
        let request: JSONValue = .object([
            "jsonrpc": .string("2.0"), "method": .string(method), "params": .object(params), "id": id,
        ])
        return JSONText.encode(request)
    }

    /// Sends a text as it is and waits for the answer with an id.
    func send(_ text: String, id: JSONValue) async throws -> JSONValue {
        connection.send(text)
        while true {
            let message = try await receive()
            guard message["id"] == id else {
                events.append(message)
                continue
            }
            if let error = message["error"] {
                throw Refusal(code: error["code"]?.integer ?? 0, inner: error["data"]?["code"]?.integer)
            }
            guard let result = message["result"], case .object = result else { throw Ended() }
            return result
        }
    }

    /// The next message, whatever it is.
    func receive() async throws -> JSONValue {
        var iterator = messages
        let message = await iterator.next(isolation: self)
        messages = iterator
        guard case .text(let text)? = message else { throw Ended() }
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Waits for the next event of a type and takes it with all before it.
    func event(_ type: String) async throws -> JSONValue {
        while true {
            let message = try await nextEvent()
            if message["params"]?["type"]?.string == type, let data = message["params"]?["data"] { return data }
        }
    }

    /// Waits for the next event and takes it.
    func nextEvent() async throws -> JSONValue {
        events.isEmpty ? try await receive() : events.removeFirst()
    }

    /// Forgets the events that came.
    func forgetEvents() { events.removeAll() }

    /// Waits for so many events and says their types with their versions.
    func eventLog(_ count: Int) async throws -> [String] {
        while events.count < count { events.append(try await receive()) }
        let taken = events.prefix(count)
        events.removeFirst(count)
        return taken.map { message in
            let params = message["params"]
            let version = params?["data"]?["channel"]?["version"]?.integer ?? -1
            return "\(version) \(params?["type"]?.string ?? "?")"
        }
    }
}

extension JSONValue {
    subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }
}
