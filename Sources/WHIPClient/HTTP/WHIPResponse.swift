// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Foundation
internal import HTTPKit
internal import NIOCore
internal import NIOHTTP1

/// What an endpoint answered, whole.
struct WHIPResponse: Sendable {
    var status: Int
    var reason: String
    var location: String?
    var contentType: String?
    var entityTag: String?
    var links: [String]
    var retryAfter: Duration?
    var body: [UInt8]

    /// Takes the response to its end.
    ///
    /// - Throws: what the connection throws, and `WHIPError` for a body that is too long.
    init(_ response: HTTPClientResponse, limit: Int) async throws {
        status = Int(response.status.code)
        reason = response.status.reasonPhrase
        location = response.headers.first(name: "Location")
        contentType = response.headers.first(name: "Content-Type")
        entityTag = response.headers.first(name: "ETag")
        links = response.headers["Link"]
        retryAfter = response.headers.first(name: "Retry-After")
            .flatMap { Int64($0) }
            .flatMap { (0...86_400).contains($0) ? .seconds($0) : nil }
        do {
            body = Array(try await response.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw WHIPError(.badAnswer, "The endpoint's answer is longer than \(limit) bytes.")
        }
    }

    /// The refusal in a sentence: what its problem document says (RFC 9457), else the status.
    var refusal: WHIPError {
        let problem = MediaType.matches(contentType, MediaType.problem) ? ProblemText(body) : nil
        var sentence = "The endpoint refused with \(status) \(reason)"
        if let text = problem?.text { sentence += ": \(text)" }
        if !sentence.hasSuffix(".") { sentence += "." }
        return WHIPError(.refused(status: status), sentence, retryAfter: retryAfter)
    }
}

/// The human part of a problem document.
private struct ProblemText: Decodable {
    var title: String?
    var detail: String?

    init?(_ body: [UInt8]) {
        guard let problem = try? JSONDecoder().decode(ProblemText.self, from: Data(body)) else { return nil }
        self = problem
    }

    /// The text on one line, since it comes from a stranger and goes to a terminal.
    var text: String? {
        guard let text = detail ?? title else { return nil }
        let printable = text.unicodeScalars.filter { !$0.properties.isControl }.prefix(500)
        return String(String.UnicodeScalarView(printable))
    }
}

extension Unicode.Scalar.Properties {
    /// Whether it would not be seen, but acted on.
    fileprivate var isControl: Bool { generalCategory == .control || generalCategory == .format }
}
