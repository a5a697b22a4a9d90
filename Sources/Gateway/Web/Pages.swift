// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import RTCCrypto

/// A page or module that is embedded in the program.
struct Page: Sendable {
    private let content: ByteBuffer
    private let headers: HTTPFields
    private let entityTag: String

    /// The pages load nothing from elsewhere; they connect to wherever WHIP and WHEP are.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src 'self' data:; "
        + "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

    /// Takes an embedded file.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - contentType: what it is.
    init(_ bytes: [UInt8], _ contentType: String) {
        content = ByteBuffer(bytes: bytes)
        let digest = HashAlgorithm.sha256.digest(of: bytes.span.bytes)
        entityTag = "\"" + digest.prefix(8).map { String($0, radix: 16) }.joined() + "\""
        headers = [
            .contentType: contentType,
            .eTag: entityTag,
            // Kept, but asked for each time: a new version of the program brings new pages.
            .cacheControl: "no-cache",
            .contentSecurityPolicy: Self.policy,
            .xContentTypeOptions: "nosniff",
        ]
    }

    /// The answer to a request for the page.
    func response(to request: Request) -> Response {
        if request.headers[.ifNoneMatch] == entityTag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: content))
    }
}

extension Page {
    static let index = Page(PackageResources.index_html, "text/html; charset=utf-8")
    static let publish = Page(PackageResources.publish_html, "text/html; charset=utf-8")
    static let watch = Page(PackageResources.watch_html, "text/html; charset=utf-8")

    /// What the pages load, by its name.
    static let assets: [String: Page] = [
        "style.css": Page(PackageResources.style_css, "text/css; charset=utf-8"),
        "api.js": Page(PackageResources.api_js, scriptType),
        "index.js": Page(PackageResources.index_js, scriptType),
        "publish.js": Page(PackageResources.publish_js, scriptType),
        "session.js": Page(PackageResources.session_js, scriptType),
        "text.js": Page(PackageResources.text_js, scriptType),
        "watch.js": Page(PackageResources.watch_js, scriptType),
    ]

    private static let scriptType = "text/javascript; charset=utf-8"
}
