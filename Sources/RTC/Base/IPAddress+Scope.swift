// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// From how far away an address may be reached.
extension IPAddress {
    /// The unspecified IPv6 address `::`.
    package static let anyIPv6 = IPAddress(high: 0, low: 0)

    /// Whether the address stands for none: 0.0.0.0 or `::`.
    package var isUnspecified: Bool { self == .anyIPv4 || self == .anyIPv6 }

    /// Whether the address is a group's: 224.0.0.0/4 or ff00::/8.
    package var isMulticast: Bool { isIPv4 ? ipv4 >> 28 == 0xe : high >> 56 == 0xff }

    /// Whether the address is of IPv6 and good within one organisation only: fc00::/7 (RFC 4193).
    package var isUniqueLocal: Bool { !isIPv4 && high >> 57 == 0x7e }

    /// Whether the address is good on a network of its own only, and no one's elsewhere.
    ///
    /// Of IPv4 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918) and what a provider shares out behind its NAT,
    /// 100.64.0.0/10 (RFC 6598); of IPv6 unique local ones (RFC 4193).
    package var isPrivate: Bool {
        guard isIPv4 else { return isUniqueLocal }
        return ipv4 >> 24 == 10 || ipv4 >> 20 == 0xac1 || ipv4 >> 16 == 0xc0a8 || ipv4 >> 22 == 0x191
    }

    /// Whether anybody may reach the address, as far as can be told from the address alone.
    package var isPublic: Bool { !(isLoopback || isLinkLocal || isPrivate || isUnspecified || isMulticast) }
}
