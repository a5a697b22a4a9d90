// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Asks a server of the user's for tokens.
///
/// A POST with what the token is for as JSON, in the words of SkyWay's own example of such a server; the answer is the
/// token itself, or a JSON object that has it as `token` or `authToken`.
package struct TokenServer: Sendable {
    /// Where the server is and how it is asked.
    package struct Configuration: Hashable, Sendable {
        /// An address by HTTP.
        package var url: String
        /// A header field that lets the gateway in, such as `Authorization`.
        package var header: Header?
        /// The limit of one attempt.
        package var timeout = Duration.milliseconds(1500)

        /// Makes a configuration.
        package init(url: String, header: Header? = nil) {
            self.url = url
            self.header = header
        }
    }

    /// A header field with a value that nobody else is to see.
    package struct Header: Hashable, Sendable {
        /// The field's name.
        package let name: String
        /// Its value.
        package let value: Redacted<String>

        /// Reads `Name: value`; `nil` where that is no header field (RFC 9110 §5.5, §5.6.2).
        package init?(_ text: String) {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let value = parts[1].trimmingCharacters(in: .whitespaces)
            let symbols = Set("!#$%&'*+-.^_`|~".utf8)
            guard !parts[0].isEmpty, parts[0].utf8.allSatisfy({ symbols.contains($0) || $0.isAlphanumeric }),
                !value.isEmpty, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else { return nil }
            name = String(parts[0])
            self.value = Redacted(value)
        }
    }

    private static let answerLimit = 64 * 1024

    private let configuration: Configuration
    private let client: HTTPClient

    /// Makes a client of the server.
    package init(_ configuration: Configuration, client: HTTPClient) {
        self.configuration = configuration
        self.client = client
    }

    /// What is asked for.
    private struct Question: Encodable {
        var roomId: String?
        var roomName: String?
        /// The same by its name in the SDK's core.
        var channelName: String?
        var memberName: String
        var createRoom: Bool
        /// Of what metadata is to be changed; left out where there is nothing.
        var updateMetadata: [MetadataSubject]?
    }

    private struct Answer: Decodable {
        var token: String?
        var authToken: String?
    }

    /// Asks for a token by one attempt.
    func token(for purpose: TokenMinter.Purpose) async throws(SkyWayError) -> AuthToken {
        let (status, body) = try await ask(purpose)
        switch status {
        case 200..<300: return try read(body)
        case 401, 403: throw failure(.tokenRefused, status, "refuses the gateway; check SKYWAY_TOKEN_HEADER")
        case 429: throw failure(.rateLimited, status, "has too many requests")
        case 408, 500...: throw failure(.serviceFailure, status, "fails; look at its log")
        default: throw failure(.invalidRequest, status, "does not take the request; check SKYWAY_TOKEN_URL")
        }
    }

    private func ask(_ purpose: TokenMinter.Purpose) async throws(SkyWayError) -> (Int, Data) {
        let question = Question(
            roomId: purpose.channel.id,
            roomName: purpose.channel.name,
            channelName: purpose.channel.name,
            memberName: purpose.memberName,
            createRoom: purpose.makesChannel,
            updateMetadata: purpose.updates.isEmpty ? nil : purpose.updates.sorted { $0.rawValue < $1.rawValue }
        )
        do {
            var request = HTTPClientRequest(url: configuration.url)
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json")
            request.headers.add(name: "accept", value: "application/json, application/jwt, text/plain")
            if let header = configuration.header { request.headers.add(name: header.name, value: header.value.exposed) }
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(question)))
            let asked = request
            // The client's own limit ends with the head of the answer.
            return try await withTimeout(configuration.timeout, error: failure(.timeout, nil, "does not answer")) {
                let response = try await client.execute(asked, timeout: TimeAmount(configuration.timeout))
                let body = try await response.body.collect(upTo: Self.answerLimit)
                return (Int(response.status.code), Data(body.readableBytesView))
            }
        } catch let error as SkyWayError {
            throw error
        } catch is NIOTooManyBytesError {
            throw failure(.badResponse, nil, "sends more than 64 KB")
        } catch let error where HTTPService.isCancellation(error) {
            throw SkyWayError(.stopped, .tokenServer)
        } catch let error as HTTPClientError where HTTPService.isTimeout(error) {
            throw failure(.timeout, nil, "does not answer")
        } catch {
            throw failure(.unreachable, nil, "can't be reached; check SKYWAY_TOKEN_URL")
        }
    }

    private func read(_ body: Data) throws(SkyWayError) -> AuthToken {
        var text = String(decoding: body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix("{") {
            let answer = try? JSONDecoder().decode(Answer.self, from: body)
            guard let token = answer?.token ?? answer?.authToken else {
                let forms = "a token, or with JSON that has \"token\" or \"authToken\""
                throw failure(.badResponse, nil, "has to answer with \(forms)")
            }
            text = token
        } else if text.hasPrefix("\"") {
            text = String(text.dropFirst().dropLast())
        }
        do {
            return try AuthToken(decoding: text)
        } catch {
            let detail = "The token server's answer is no token. \(error.rawValue)"
            throw SkyWayError(.badResponse, .tokenServer, detail: detail)
        }
    }

    /// A failure in a sentence, without the address, which may hold a secret.
    private func failure(_ code: SkyWayError.Code, _ status: Int?, _ what: String) -> SkyWayError {
        SkyWayError(code, .tokenServer, status: status, detail: "The token server \(what).")
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
