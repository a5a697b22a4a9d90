// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// What the shared port of a worker is reached by, and the candidates that come of it.
struct SharedPort: Hashable, Sendable {
    /// The most TCP candidates of each family: they are what is left where UDP is blocked, and each costs the peer a
    /// connection from every address of its own.
    private static let streamLimit = 2

    /// The number of the UDP port.
    var number: UInt16
    /// Whether there is a socket for IPv4.
    var hasIPv4: Bool
    /// Whether there is one for IPv6.
    var hasIPv6: Bool
    /// The number of the TCP port; `nil` where there is none.
    var streamNumber: UInt16?
    /// Whether connections by IPv4 are taken.
    var hasIPv4Streams: Bool
    /// Whether connections by IPv6 are taken.
    var hasIPv6Streams: Bool

    /// The candidates on addresses, in their order: those by TCP after those by UDP.
    func candidates(on addresses: [IPAddress]) -> [ICECandidate] {
        let datagrams = Self.candidates(number, .udp, on: addresses.filter { $0.isIPv4 ? hasIPv4 : hasIPv6 })
        guard let streamNumber else { return datagrams }
        return datagrams + Self.candidates(streamNumber, .tcp, on: streamAddresses(addresses))
    }

    /// The candidates of another UDP port of the worker's on addresses, in their order.
    func candidates(of number: UInt16, on addresses: [IPAddress]) -> [ICECandidate] {
        Self.candidates(number, .udp, on: addresses.filter { $0.isIPv4 ? hasIPv4 : hasIPv6 })
    }

    /// The best addresses of each family; loopback does not count against the others.
    private func streamAddresses(_ addresses: [IPAddress]) -> [IPAddress] {
        var counts = (ipv4: 0, ipv6: 0)
        return addresses.filter { address in
            guard address.isIPv4 ? hasIPv4Streams : hasIPv6Streams else { return false }
            if address.isLoopback { return true }
            if address.isIPv4 { counts.ipv4 += 1 } else { counts.ipv6 += 1 }
            return (address.isIPv4 ? counts.ipv4 : counts.ipv6) <= Self.streamLimit
        }
    }

    private static func candidates(
        _ port: UInt16,
        _ transport: TransportProtocol,
        on addresses: [IPAddress]
    ) -> [ICECandidate] {
        // A passive candidate's preference has three bits less (RFC 6544 §4.2).
        let step = transport == .udp ? 1 : 8
        return addresses.enumerated().map { index, address in
            ICECandidate(
                host: TransportAddress(address, port: port, transport: transport),
                localPreference: UInt16.max - UInt16(truncatingIfNeeded: index * step)
            )
        }
    }
}
