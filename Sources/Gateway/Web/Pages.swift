// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// The gateway's pages.
enum Page {
    static let index = page(PackageResources.index_html, EmbeddedPage.html)
    static let publish = page(PackageResources.publish_html, EmbeddedPage.html)
    static let watch = page(PackageResources.watch_html, EmbeddedPage.html)

    /// What the pages load, by its name.
    static let assets: [String: EmbeddedPage] = [
        "style.css": page(PackageResources.style_css, EmbeddedPage.style),
        "api.js": page(PackageResources.api_js, EmbeddedPage.script),
        "index.js": page(PackageResources.index_js, EmbeddedPage.script),
        "publish.js": page(PackageResources.publish_js, EmbeddedPage.script),
        "session.js": page(PackageResources.session_js, EmbeddedPage.script),
        "text.js": page(PackageResources.text_js, EmbeddedPage.script),
        "watch.js": page(PackageResources.watch_js, EmbeddedPage.script),
    ]

    /// The pages load nothing from elsewhere; they connect to wherever WHIP and WHEP are.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src 'self' data:; "
        + "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

    private static func page(_ bytes: [UInt8], _ contentType: String) -> EmbeddedPage {
        EmbeddedPage(bytes, contentType, policy: policy)
    }
}
