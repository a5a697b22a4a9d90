// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import RTC

/// Where a request comes from, as far as limits are concerned.
struct ClientAddress: Sendable {
    /// The address; `nil` where the connection has none that we can read.
    let address: IPAddress?

    /// What stands for the client: its IPv4 address, or its IPv6 network of 64 bits, of which it has every address.
    var key: IPAddress? {
        address.map { $0.isIPv4 ? $0 : IPAddress(high: $0.high, low: 0) }
    }

    /// The address of ours that a client has reached; `nil` where a proxy did so in its place.
    ///
    /// - Parameters:
    ///   - context: of its request.
    ///   - proxies: those that are trusted.
    /// - Returns: the address.
    static func reached(_ context: GatewayRequestContext, besides proxies: Set<IPAddress>) -> IPAddress? {
        reached(context.localAddress?.ipAddress, by: context.remoteAddress?.ipAddress, besides: proxies)
    }

    /// The address of ours that a client has reached, from both ends of a connection.
    static func reached(_ local: String?, by peer: String?, besides proxies: Set<IPAddress>) -> IPAddress? {
        guard let peer = peer.flatMap({ IPAddress(withoutZone($0)) }), !proxies.contains(peer) else { return nil }
        return local.flatMap { IPAddress(withoutZone($0)) }
    }

    /// Finds the address of a request.
    ///
    /// A proxy's word is taken where the proxy is trusted: the last entry of `X-Forwarded-For` that is not of a trusted
    /// proxy itself. Whatever stands before that may have been made up.
    init(_ request: Request, _ context: GatewayRequestContext, trusting proxies: Set<IPAddress>) {
        self.init(
            peer: context.remoteAddress?.ipAddress,
            forwardedFor: HTTPField.Name("X-Forwarded-For").map { request.headers[values: $0] } ?? [],
            trusting: proxies
        )
    }

    /// Finds the address of a connection and of what its proxies say.
    init(peer: String?, forwardedFor: [String], trusting proxies: Set<IPAddress>) {
        var address = peer.flatMap { IPAddress(Self.withoutZone($0)) }
        let entries = forwardedFor.flatMap { $0.split(separator: ",") }
        for entry in entries.reversed() {
            guard let known = address, proxies.contains(known) else { break }
            guard let next = IPAddress(entry.filter { $0 != " " }) else { break }
            address = next
        }
        self.address = address
    }

    private static func withoutZone(_ text: String) -> Substring { text.prefix { $0 != "%" } }
}
