// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import Hummingbird
import NIOCore

/// A page, or a module of one, that is embedded in the program.
package struct EmbeddedPage: Sendable {
    private let content: ByteBuffer
    private let headers: HTTPFields
    private let entityTag: String

    /// What scripts are served as.
    package static let script = "text/javascript; charset=utf-8"
    /// What pages are served as.
    package static let html = "text/html; charset=utf-8"
    /// What style sheets are served as.
    package static let style = "text/css; charset=utf-8"

    /// Takes an embedded file.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - contentType: what it is.
    ///   - policy: its content security policy.
    package init(_ bytes: [UInt8], _ contentType: String, policy: String) {
        content = ByteBuffer(bytes: bytes)
        entityTag = "\"\(String(Self.hash(of: bytes), radix: 16))\""
        headers = [
            .contentType: contentType,
            .eTag: entityTag,
            // Kept, but asked for each time: a new version of the program brings new pages.
            .cacheControl: "no-cache",
            .contentSecurityPolicy: policy,
            .xContentTypeOptions: "nosniff",
        ]
    }

    /// The answer to a request for the page.
    package func response(to request: Request) -> Response {
        if request.headers[.ifNoneMatch] == entityTag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: content))
    }

    /// FNV-1a: tells two versions of a file apart, and is the same at each start.
    private static func hash(of bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
