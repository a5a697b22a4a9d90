// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess

/// Takes packets away at the gateway's end of a leg.
struct Firewall {
    /// What is taken away.
    enum Rule: Equatable {
        /// Every datagram, both ways.
        case everything
        /// STUN from a port: a publisher's checks, which then are not answered.
        case checks(from: Int)
        /// What goes to the SFU's port for media, and comes from there, by these protocols.
        case media([String])

        /// What matches it, on the way in and on the way out.
        fileprivate var matches: (incoming: String, outgoing: String) {
            switch self {
            case .everything: return ("udp dport 1-65535", "udp dport 1-65535")
            case .checks(let port): return ("udp sport \(port) @th,96,32 0x2112a442", "udp dport 0")
            case .media(let protocols):
                let kinds = "meta l4proto { \(protocols.joined(separator: ", ")) }"
                return ("\(kinds) th sport 41000", "\(kinds) th dport 41000")
            }
        }

        /// The link at the gateway that leads there.
        fileprivate var link: String {
            if case .media = self { "viewer" } else { "publisher" }
        }
    }

    private let stage: Stage

    /// Takes nothing away yet.
    init(on stage: Stage) { self.stage = stage }

    /// Takes packets away from now on, and none that another rule took.
    func raise(_ rule: Rule) async throws {
        let (incoming, outgoing) = rule.matches
        let table = """
            table ip \(Self.table) {
            chain in {
            type filter hook input priority 0
            iifname "\(rule.link)" \(incoming) drop
            }
            chain out {
            type filter hook output priority 0
            oifname "\(rule.link)" \(outgoing) drop
            }
            }
            """
        try await run([table])
    }

    /// Takes nothing away any more.
    func lower() async throws { try await run(["delete", "table", "ip", Self.table]) }

    private static let table = "cut"

    private func run(_ arguments: [String]) async throws {
        let process = stage.start("nft", in: .gateway, ["nft"] + arguments)
        guard try await process.end(within: .seconds(5)).isSuccess else { throw StageError(process.lastWords) }
    }
}
