// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A session at an endpoint, as the 201 tells of it (RFC 9725 §4.2).
package struct WHIPResource: Sendable {
    /// Its address: what to send DELETE to.
    package var address: WHIPAddress
    /// The answer, in SDP.
    package var answer: [UInt8]
    /// The entity tag of the ICE session, as written.
    package var entityTag: String?
    /// The `Link` headers, as written: ICE servers among them (RFC 9725 §4.6).
    package var links: [String]
}
