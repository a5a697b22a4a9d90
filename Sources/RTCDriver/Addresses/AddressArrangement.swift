// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// Chooses and orders the addresses that a peer is told for media.
///
/// The first one has to lead to us by itself: FFmpeg tries no other. The others are few, since each of them is checked
/// from every address of the peer's, and libjuice (OBS) takes no more than 30.
struct AddressArrangement {
    /// The most addresses of interfaces that are told, of IPv4 and of IPv6, and the most in all.
    static let limits = (ipv4: 4, ipv6: 3, all: 8)

    /// What the operator has named, best first.
    var announced: [IPAddress] = []
    /// The addresses of this machine's interfaces; `nil` where only those announced are to be told.
    var interfaces: [InterfaceAddress]?
    /// The addresses that the default routes leave from.
    var primaries: [IPAddress] = []
    /// The address of ours that the peer has reached already, by HTTP.
    var reached: IPAddress?

    /// What there is on this machine.
    static func ofThisMachine() -> AddressArrangement {
        AddressArrangement(interfaces: InterfaceAddresses.list(), primaries: InterfaceAddresses.primaries())
    }

    /// The addresses, best first.
    ///
    /// The family that the peer came by comes first, and else IPv4. Of each family come first the announced addresses,
    /// then the one that the peer has reached, then the one of the default route, then the others, private ones after
    /// public ones in IPv6. 127.0.0.1 comes last, so that a browser on this machine gets through wherever the others
    /// don't lead.
    var ordered: [IPAddress] {
        let ipv4 = family(own.filter(\.isIPv4), announced.filter(\.isIPv4), limit: Self.limits.ipv4)
        let global = own.filter { !$0.isIPv4 && !$0.isUniqueLocal }
        let local = own.filter { !$0.isIPv4 && $0.isUniqueLocal }
        let ipv6 = family(global + local, announced.filter { !$0.isIPv4 }, limit: Self.limits.ipv6)
        let isByIPv6 = reached.map { !$0.isIPv4 && !$0.isLoopback } ?? false
        let all = isByIPv6 ? ipv6 + ipv4 : ipv4 + ipv6
        guard interfaces != nil, !all.contains(.loopbackIPv4) else {
            return Array(all.prefix(Self.limits.all))
        }
        return all.prefix(Self.limits.all - 1) + [.loopbackIPv4]
    }

    /// The addresses of interfaces that a peer elsewhere can use: no link-local ones, which need a zone, none that is on
    /// its way in or out, and a temporary one only where its network has no other.
    private var own: [IPAddress] {
        let usable = (interfaces ?? []).filter { entry in
            entry.state.isUsable && !entry.ip.isLoopback && !entry.ip.isLinkLocal && !entry.ip.isUnspecified
        }
        let networks = Set(usable.lazy.filter { !$0.ip.isIPv4 && !$0.state.isTemporary }.map(\.ip.high))
        return usable.filter { !$0.state.isTemporary || !networks.contains($0.ip.high) }.map(\.ip)
    }

    private func family(_ own: [IPAddress], _ announced: [IPAddress], limit: Int) -> [IPAddress] {
        var result: [IPAddress] = []
        for address in announced where !result.contains(address) { result.append(address) }
        // However many are announced, one of our own is told too.
        let limit = max(limit, result.count + 1)
        let preferred = ([reached].compactMap(\.self) + primaries).filter(own.contains)
        for address in preferred + own where result.count < limit && !result.contains(address) {
            result.append(address)
        }
        return result
    }
}
