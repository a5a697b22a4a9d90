// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

/// Reads server-sent events of a gateway, as an operator.
struct EventReader {
    let port: Int
    let key: String

    /// Reads a stream from its beginning.
    ///
    /// - Parameters:
    ///   - path: where the stream is.
    ///   - last: the id of the last event that the reader has.
    ///   - isEnough: whether so much of it is enough.
    ///   - meanwhile: what is done once the stream has begun.
    /// - Returns: what has come.
    /// - Throws: what `meanwhile` throws, or where nothing comes for 30 s.
    func read(
        _ path: String,
        after last: String? = nil,
        until isEnough: (String) throws -> Bool,
        meanwhile: () async throws -> Void = {}
    ) async throws -> String {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let last { request.headers.add(name: "Last-Event-ID", value: last) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        var text = ""
        var hasBegun = false
        for try await part in response.body {
            text += String(buffer: part)
            if !hasBegun, text.contains("\n\n") {
                hasBegun = true
                try await meanwhile()
            }
            if try isEnough(text) { break }
        }
        return text
    }
}
