// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// The page that shows the state.
enum StatePages {
    static let page = page(PackageResources.state_html, EmbeddedPage.html)

    /// What the page loads, by its name.
    static let assets: [String: EmbeddedPage] = [
        "state.css": page(PackageResources.state_css, EmbeddedPage.style),
        "state.js": page(PackageResources.state_js, EmbeddedPage.script),
        "state-text.js": page(PackageResources.state_text_js, EmbeddedPage.script),
        "state-view.js": page(PackageResources.state_view_js, EmbeddedPage.script),
    ]

    /// The page loads nothing from elsewhere, talks to its own server alone, and nobody may frame its buttons.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func page(_ bytes: [UInt8], _ contentType: String) -> EmbeddedPage {
        EmbeddedPage(bytes, contentType, policy: policy)
    }
}
