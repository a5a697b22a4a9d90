// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// Header fields that the package of HTTP types has no names for; never nil in fact.
extension HTTPField.Name {
    /// What a resource takes by POST (Linked Data Platform §7.1; RFC 9725 §4.2).
    static let acceptPost = HTTPField.Name("Accept-Post")
    /// Relations of a resource, such as its ICE servers (RFC 8288; RFC 9725 §4.6).
    static let link = HTTPField.Name("Link")
}
