// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// Header fields that the package of HTTP types has no names for.
extension HTTPField.Name {
    /// What a resource takes by POST (Linked Data Platform §7.1; RFC 9725 §4.2).
    package static let acceptPost = known("Accept-Post")
    /// What a resource takes by PATCH (RFC 5789 §3.1).
    package static let acceptPatch = known("Accept-Patch")
    /// Relations of a resource, such as its ICE servers (RFC 8288; RFC 9725 §4.6).
    package static let link = known("Link")
    /// The last server-sent event that a reader has that comes back (WHATWG HTML §9.2.4).
    package static let lastEventID = known("Last-Event-ID")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is a token") }
        return name
    }
}
