// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The address of an endpoint or a session: an absolute `http` or `https` URL.
package struct WHIPAddress: Hashable, Sendable {
    /// The address as text.
    package let text: String
    private let url: URL

    /// Reads an absolute address; `nil` for anything but `http` and `https` with a host.
    package init?(_ text: String) {
        guard let url = URL(string: text) else { return nil }
        self.init(url)
    }

    private init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(), !host.isEmpty
        else { return nil }
        self.url = url
        text = url.absoluteString
    }

    /// Whether what is sent there can't be read on the way.
    package var isSecure: Bool { url.scheme?.lowercased() == "https" }

    /// The address that a `Location` header means, seen from here (RFC 9110 §10.2.2, RFC 3986 §5).
    ///
    /// - Parameter location: the header's value, absolute or relative.
    /// - Returns: the address; `nil` where it is none, or leads from `https` to `http`, which would show the token.
    package func resolving(_ location: String) -> WHIPAddress? {
        let trimmed = location.trimmingCharacters(in: .whitespaces)
        guard !trimmed.isEmpty, let target = URL(string: trimmed, relativeTo: url),
            let address = WHIPAddress(target.absoluteURL), address.isSecure || !isSecure
        else { return nil }
        return address
    }
}

extension WHIPAddress: CustomStringConvertible {
    package var description: String { text }
}
