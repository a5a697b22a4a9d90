// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The negotiation between a router and its clients, as pure functions (protocol page §§7.1, 7.4, 7.7).
///
/// The rules are mediasoup's: a client's payload types, SSRCs and RIDs are its own business; the router maps them to
/// its own once per producer, and everything a consumer gets is described in the router's terms.
enum ORTC {}

/// Why parameters are refused.
enum ORTCError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The parameters contradict themselves or lack something.
    case invalid(String)
    /// The router or the client lacks what would be needed.
    case unsupported(String)

    var description: String {
        switch self {
        case .invalid(let reason), .unsupported(let reason): reason
        }
    }
}
