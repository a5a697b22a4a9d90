// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import CStudio
import HTTPKit

/// The files of the studio page.
enum StudioFiles {
    /// The page itself.
    static let page = "studio.html"

    /// Every file by its name.
    static let all: [String: EmbeddedPage] = {
        let files = UnsafeBufferPointer(start: cstudio_files(), count: cstudio_count())
        return files.reduce(into: [:]) { pages, file in
            let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.length))
            let name = String(cString: file.name)
            pages[name] = EmbeddedPage(bytes, contentType(of: name), policy: policy)
        }
    }()

    /// The official SDK, which is somebody else's file.
    static func sdk(_ bytes: [UInt8]) -> EmbeddedPage { EmbeddedPage(bytes, EmbeddedPage.script, policy: policy) }

    /// The page loads nothing from elsewhere; it connects to whichever SkyWay is chosen.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src 'self' data:; "
        + "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": EmbeddedPage.html
        case "css": EmbeddedPage.style
        default: EmbeddedPage.script
        }
    }
}
