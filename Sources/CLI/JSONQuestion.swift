// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import HTTPKit
import NIOCore
import NIOHTTP1

/// Asks a server of ours that runs, in JSON.
struct JSONQuestion {
    /// The server's address.
    let base: String
    /// The bearer token that it wants.
    var key: String?
    /// What to say where nobody answers.
    let unreachable: String

    /// The longest answer that is read.
    private static let maximumAnswer = 8 << 20

    /// Asks, and waits for the answer.
    ///
    /// - Parameters:
    ///   - method: of HTTP.
    ///   - path: behind the server's address.
    ///   - body: what to send.
    /// - Returns: the answer; null where there is none.
    /// - Throws: `Failure` with what the server, or the network, has against it.
    func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = request(method, path)
        if let body {
            request.headers.add(name: "Content-Type", value: MediaType.json)
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        let status: UInt
        let data: Data
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            status = response.status.code
            data = Data(try await response.body.collect(upTo: Self.maximumAnswer).readableBytesView)
        } catch {
            throw Failure("\(unreachable) (\(error))")
        }
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: data)) ?? .null
        guard status < 300 else { throw failure(status, answer) }
        return answer
    }

    /// Reads an answer that is no document, as it comes.
    ///
    /// - Parameters:
    ///   - path: behind the server's address.
    ///   - time: how long the whole may take.
    ///   - take: gets each part of it.
    /// - Throws: `Failure` with what the server, or the network, has against it, and what `take` throws.
    func read(_ path: String, within time: TimeAmount, _ take: (ByteBuffer) throws -> Void) async throws {
        let response: HTTPClientResponse
        do {
            response = try await HTTPClient.shared.execute(request("GET", path), timeout: time)
        } catch {
            throw Failure("\(unreachable) (\(error))")
        }
        guard response.status.code < 300 else {
            let body = try? await response.body.collect(upTo: Self.maximumAnswer)
            let answer = body.flatMap { try? JSONDecoder().decode(JSONValue.self, from: Data($0.readableBytesView)) }
            throw failure(response.status.code, answer ?? .null)
        }
        for try await part in response.body { try take(part) }
    }

    private func request(_ method: String, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        return request
    }

    private func failure(_ status: UInt, _ answer: JSONValue) -> Failure {
        guard case .object(let problem) = answer, case .string(let detail)? = problem["detail"] else {
            return Failure("\(base) answers with status \(status).")
        }
        return Failure(detail)
    }
}
