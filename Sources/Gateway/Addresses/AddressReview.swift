// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What can be said of the addresses that publishers are told, and whether publishers will get through by them.
struct AddressReview: Hashable, Sendable {
    /// What is told, best first.
    var addresses: [IPAddress]
    /// The UDP ports, one for each worker.
    var udpPorts: [UInt16]
    /// The TCP ports, one for each worker; none where media is taken by UDP alone.
    var tcpPorts: [UInt16]
    /// Whether publishers on other machines reach HTTP, directly or by a reverse proxy.
    var expectsOthers: Bool

    /// What to warn the operator of.
    struct Finding: Hashable, Sendable {
        var message: String
        var advice: String
    }

    /// What the operator may want to change; nothing where all is well.
    var finding: Finding? {
        guard !addresses.isEmpty else {
            return Finding(
                message: "Publishers can't be told any address for media",
                advice: """
                    They are refused until a name in GATEWAY_ANNOUNCE is found; without GATEWAY_ANNOUNCE_ONLY they are \
                    told this machine's addresses too.
                    """
            )
        }
        guard expectsOthers, !addresses.contains(where: \.isPublic) else { return nil }
        guard addresses.contains(where: { !$0.isLoopback }) else {
            return Finding(
                message: "Only publishers on this machine will get their media through",
                advice: """
                    No interface has another address than loopback: connect one, or set GATEWAY_ANNOUNCE (--announce) to \
                    an address at which others reach \(ports) of this machine.
                    """
            )
        }
        return Finding(
            message: "Only publishers in the same private network will get their media through",
            advice: """
                For all others set GATEWAY_ANNOUNCE (--announce) to the public address or name of the NAT or host in \
                front, which has to pass \(ports) on under the same number.
                """
        )
    }

    /// The ports in words.
    var ports: String {
        if tcpPorts.isEmpty { return Self.name("UDP ", udpPorts) }
        if tcpPorts == udpPorts { return "\(Self.name("", udpPorts)) (UDP and TCP)" }
        return "\(Self.name("UDP ", udpPorts)) and \(Self.name("TCP ", tcpPorts))"
    }

    private static func name(_ transport: String, _ ports: [UInt16]) -> String {
        "\(transport)port\(ports.count > 1 ? "s" : "") \(ports.map(String.init).joined(separator: ", "))"
    }
}
