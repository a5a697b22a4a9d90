// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Sees what comes on the air at the gateway of a stage, and what goes, with the times.
struct LiveObserver {
    /// A channel that came or went.
    private struct Change: Decodable {
        let event: String
        let channel: String
        let at: Double
    }

    private let peer: PeerProcess

    /// Looks from now on.
    init(on stage: Stage) async throws {
        peer = stage.peer("watch_live.py", [Stage.gatewayURL], in: .gateway)
        try await peer.event("watching", within: .seconds(10))
    }

    /// When a channel came on the air: seconds of `CLOCK_MONOTONIC`.
    @discardableResult
    func live(_ channel: String, within limit: Duration) async throws -> Double {
        try await change("live", of: channel, within: limit)
    }

    /// When a channel went.
    @discardableResult
    func gone(_ channel: String, within limit: Duration) async throws -> Double {
        try await change("gone", of: channel, within: limit)
    }

    /// The channels that have gone so far.
    var goneSoFar: [String] {
        peer.process.output.lines().compactMap { PeerProcess.decode(Change.self, $0) }
            .filter { $0.event == "gone" }.map(\.channel)
    }

    private func change(_ event: String, of channel: String, within limit: Duration) async throws -> Double {
        try await peer.process.line("“\(event)” of \(channel)", within: limit) { line in
            guard let change = PeerProcess.decode(Change.self, line), change.event == event else { return nil }
            return change.channel == channel ? change.at : nil
        }
    }
}
