// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit

/// A socket that speaks JSON.
actor JSONSocket {
    nonisolated let connection: WebSocketConnection
    private var messages: WebSocketMessages.AsyncIterator

    init(_ connection: WebSocketConnection) {
        self.connection = connection
        messages = connection.messages.makeAsyncIterator()
    }

    func receive() async throws -> JSONValue {
        var iterator = messages
        let message = await iterator.next(isolation: self)
        messages = iterator
        guard case .text(let text)? = message else { throw RPCClient.Ended() }
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Sends a message and gives the payload of its acknowledgement, which comes before anything else here.
    func acknowledged(_ text: String) async throws -> JSONValue {
        connection.send(text)
        let answer = try await receive()
        guard answer["event"] == .string("acknowledge"), let payload = answer["payload"] else {
            throw RPCClient.Ended()
        }
        return payload
    }
}
