// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a gateway is on the web: `https://whip.example.com`, with a port or a path before its own paths if need be.
package struct WebOrigin: Hashable, Sendable {
    /// The address, without a slash at the end.
    package let text: String

    /// Takes an address; `nil` where it is none of HTTP, or has a query or a fragment.
    ///
    /// - Parameter text: the address.
    package init?(_ text: some StringProtocol) {
        let trimmed = String(text.reversed().drop { $0 == "/" }.reversed())
        guard let url = URLComponents(string: trimmed), ["http", "https"].contains(url.scheme?.lowercased()),
            url.host?.isEmpty == false, url.query == nil, url.fragment == nil, url.user == nil, url.password == nil,
            trimmed.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        self.text = trimmed
    }

    /// The address of a path there.
    func address(of path: String) -> String { text + path }
}
