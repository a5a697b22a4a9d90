// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
package import HTTPTypes
package import Hummingbird
package import NIOCore

/// An error as the client reads it: a problem document, RFC 9457.
///
/// Throw it from a route, or return it.
package struct Problem: Error, Hashable, Sendable {
    /// The part of the type's URI that names the problem; nil is `about:blank`.
    package var type: String?
    package var title: String
    package var status: HTTPResponse.Status
    /// What happened this time, in a sentence a person can act on.
    package var detail: String?
    package var instance: String?
    /// Further members, RFC 9457 §3.2; none may be named like a member above.
    package var extensions: [String: JSONValue]
    /// Headers beside the content type, such as `Retry-After`.
    package var extraHeaders: HTTPFields

    package init(
        _ status: HTTPResponse.Status,
        type: String? = nil,
        title: String? = nil,
        detail: String? = nil,
        extensions: [String: JSONValue] = [:]
    ) {
        self.type = type
        self.title = title ?? status.reasonPhrase
        self.status = status
        self.detail = detail
        self.extensions = extensions
        self.extraHeaders = [:]
    }

    /// The same problem with one more header.
    package func header(_ name: HTTPField.Name, _ value: String) -> Problem {
        var copy = self
        copy.extraHeaders[name] = value
        return copy
    }

    /// All headers of the answer but its length.
    package var headers: HTTPFields {
        var headers = extraHeaders
        headers[.contentType] = MediaType.problem
        return headers
    }

    /// The document.
    package var body: ByteBuffer {
        var members = extensions
        members["type"] = .string(type ?? "about:blank")
        members["title"] = .string(title)
        members["status"] = .integer(Int64(status.code))
        members["detail"] = detail.map(JSONValue.string)
        members["instance"] = instance.map(JSONValue.string)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = (try? encoder.encode(members)) ?? Data("{}".utf8)
        return ByteBuffer(bytes: data)
    }
}

extension Problem: HTTPResponseError, ResponseGenerator {
    package func response(from request: Request, context: some RequestContext) -> Response {
        let response = Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
        // HEAD is answered without a body, whatever the answer is (RFC 9110 §9.3.2).
        return request.method == .head ? response.createHeadResponse() : response
    }
}
