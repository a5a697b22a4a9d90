// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// JSON over HTTP with a bearer token, for SkyWay's REST services.
struct HTTPService: Sendable {
    let base: String
    let service: SkyWayError.Service
    let client: HTTPClient
    /// Limit of one attempt.
    var timeout: TimeAmount = .seconds(10)
    /// Largest answer that is read.
    static let maximumBody = 1 << 20

    /// Makes one call; statuses other than 2xx are errors.
    func call(
        _ method: HTTPMethod,
        _ path: String,
        token: AuthToken,
        body: some Encodable & Sendable
    ) async throws(SkyWayError) -> Data {
        do {
            var request = HTTPClientRequest(url: base + path)
            request.method = method
            request.headers.add(name: "authorization", value: "Bearer \(token.encoded.exposed)")
            if !(body is NoBody) {
                request.headers.add(name: "content-type", value: "application/json")
                request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
            }
            let response = try await client.execute(request, timeout: timeout)
            let answer = try await response.body.collect(upTo: Self.maximumBody)
            guard (200..<300).contains(response.status.code) else {
                throw SkyWayError(service, status: Int(response.status.code), body: String(buffer: answer))
            }
            return Data(answer.readableBytesView)
        } catch let error as SkyWayError {
            throw error
        } catch  where Self.isCancellation(error) {
            throw SkyWayError(.stopped, service, detail: "\(path) was cancelled")
        } catch let error as HTTPClientError where Self.isTimeout(error) {
            throw SkyWayError(.timeout, service, detail: "\(path) was not answered")
        } catch {
            throw SkyWayError(.unreachable, service, detail: "\(error)")
        }
    }

    /// Reads an answer.
    func decode<Result: Decodable>(_ type: Result.Type, _ data: Data, of path: String) throws(SkyWayError) -> Result {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw SkyWayError(.badResponse, service, detail: "answer of \(path) is not as expected")
        }
    }

    /// Whether the caller does not wait any more.
    static func isCancellation(_ error: any Error) -> Bool {
        error is CancellationError || (error as? HTTPClientError) == .cancelled
    }

    /// Whether there was no answer in time.
    static func isTimeout(_ error: HTTPClientError) -> Bool {
        [.deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout]
            .contains(error)
    }
}

/// The body of a call that has none.
struct NoBody: Encodable, Sendable {}

extension SkyWayError {
    /// The failure that an HTTP status is (protocol page §3.2).
    init(_ service: Service, status: Int, body: String) {
        let code: Code =
            switch status {
            case 400: .invalidRequest
            case 401: .tokenRefused
            case 403: .scopeMissing
            case 429: .rateLimited
            default: .sfuFailure
            }
        self.init(code, service, status: status, detail: String(body.prefix(200)))
    }
}
