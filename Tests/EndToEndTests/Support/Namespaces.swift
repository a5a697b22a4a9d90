// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess

/// The network namespaces of a run, made and removed by `Peers/netns.py`, which draws them.
struct Namespaces {
    enum Role: String {
        case publisher
        case gateway
        case viewer
        case attacker
        /// Between gateway and SFU, in the layout `relay` alone.
        case turn
    }

    /// How the publisher's leg is made.
    enum Layout: String {
        /// One link, by IPv4.
        case plain
        /// One link, by IPv6 alone.
        case ipv6
        /// A router with NAT both ways in between: the gateway is reached at its public address alone.
        case nat
        /// One link, and a TURN server on a way of its own between gateway and SFU.
        case relay
    }

    static let publisherAddress = "10.77.1.2"
    /// The gateway as publishers see it.
    static let gatewayAddress = "10.77.1.1"
    /// The same where the leg has IPv6 alone.
    static let gatewayAddressByIPv6 = "2001:db8:77::1"
    /// The same where a router with NAT is between; the gateway knows it as `media.test`.
    static let publicAddress = "203.0.113.7"
    /// The gateway as the SFU and the viewers see it.
    static let gatewayAddressForViewers = "10.77.2.1"
    /// The TURN server as the gateway sees it, and as the SFU does.
    static let turnAddress = "10.77.4.2"
    static let turnAddressForSFU = "10.77.5.2"
    /// The SFU and the viewers.
    static let viewerAddress = "10.77.2.2"

    /// The process whose namespaces these are; what a killed one leaves is removed by the next.
    static let owner = String(ProcessInfo.processInfo.processIdentifier)

    let folder: URL

    /// Makes the namespaces, in place of those that this process had before.
    init(_ layout: Layout = .plain, keeping folder: URL) async throws {
        self.folder = folder
        try await Self.script("create", [layout.rawValue], keeping: folder)
    }

    /// The command that runs `command` in a namespace.
    func command(_ command: [String], in role: Role) -> [String] {
        ["ip", "netns", "exec", "swg-\(Self.owner)-\(role.rawValue)"] + command
    }

    /// The command that lists the process ids in a namespace.
    func list(_ role: Role) -> [String] { ["ip", "netns", "pids", "swg-\(Self.owner)-\(role.rawValue)"] }

    /// Ends what still runs in the namespaces and removes them.
    func remove() async throws { try await Self.script("remove", keeping: folder) }

    private static func script(_ verb: String, _ arguments: [String] = [], keeping folder: URL) async throws {
        let script = Machine.peers.appending(path: "netns.py").path
        let command = [Machine.python, script, verb, owner] + arguments
        let process = ChildProcess("netns-\(verb)", command: command, keeping: folder)
        let end = try await process.end(within: .seconds(20))
        guard end.isSuccess else { throw StageError("netns.py \(verb): \(process.lastWords)") }
    }
}
