// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// All that the gateway tells Prometheus: of broadcasts, requests, media, its workers and the process
/// (docs/operations.md, "Metrics").
///
/// No label has a value from outside: rooms, members and broadcasts are in the operator's API alone.
struct GatewayMetrics {
    /// Where broadcasts live.
    let registry: BroadcastRegistry
    /// What is counted of HTTP.
    let requests: RequestMeter

    /// The text of this moment.
    func text() async -> String {
        var text = MetricsText()
        await writeGateway(to: &text)
        writeBroadcasts(to: &text)
        writeSkyWay(to: &text)
        writeMedia(to: &text)
        await writeWorkers(to: &text)
        requests.write(to: &text)
        ProcessMetrics(started: board.started).write(to: &text)
        return text.text
    }

    private var board: StatusBoard { registry.board }

    private func writeGateway(to text: inout MetricsText) async {
        text.family("whip_gateway_info", .gauge, "The version that runs.")
        text.metric("whip_gateway_info", ["version": GatewayVersion.text], UInt64(1))
        let isReady = await registry.obstacle == nil
        text.single("whip_gateway_ready", .gauge, "Whether somebody who comes now could publish.", isReady ? 1 : 0)
        let isDraining = registry.drain.course != nil
        text.single("whip_gateway_draining", .gauge, "Whether new publishers are refused.", isDraining ? 1 : 0)
        text.single(
            "whip_sessions_limit",
            .gauge,
            "Sessions that may be there at a time.",
            Double(registry.environment.publisherLimit)
        )
    }

    private func writeBroadcasts(to text: inout MetricsText) {
        let (reports, counters) = (board.broadcasts, board.counters)
        text.family("whip_broadcasts", .gauge, "Broadcasts on the air, by state.")
        for state in ["connecting", "live", "waiting", "recovering"] {
            text.metric("whip_broadcasts", ["state": state], UInt64(reports.count { $0.status.name == state }))
        }
        text.family("whip_viewers", .gauge, "Viewers' subscriptions that were let in and are there.")
        for kind in [MediaKind.audio, .video] {
            let publications = reports.flatMap(\.publications).filter { $0.kind == kind }
            let count = publications.reduce(0) { $0 + $1.subscriptions }
            text.metric("whip_viewers", ["kind": kind.rawValue], UInt64(count))
        }
        text.single("whip_broadcasts_begun_total", .counter, "Broadcasts that began.", Double(counters.begun))
        text.family("whip_broadcasts_ended_total", .counter, "Broadcasts that ended, by reason.")
        write(counters.ended, "whip_broadcasts_ended_total", "reason", to: &text)
        text.single(
            "whip_publisher_returns_total",
            .counter,
            "Publishers that went on with their broadcast.",
            Double(counters.returns)
        )
        text.family("whip_refusals_total", .counter, "Requests that were refused, by problem.")
        write(counters.refusals, "whip_refusals_total", "problem", to: &text)
    }

    private func writeSkyWay(to text: inout MetricsText) {
        let counters = board.counters
        text.family("skyway_subscriptions_total", .counter, "Viewers' subscriptions, by what became of them.")
        text.metric("skyway_subscriptions_total", ["result": "confirmed"], counters.confirmations)
        text.metric("skyway_subscriptions_total", ["result": "refused"], counters.refusedConfirmations)
        text.single(
            "skyway_token_renewals_total",
            .counter,
            "Tokens that took the place of another.",
            Double(counters.tokenRenewals)
        )
        let name = "skyway_recoveries_total"
        text.family(name, .counter, "What was lost on SkyWay's side, by reason and by what became of it.")
        for reason in RecoveryReason.allCases {
            let counts = registry.environment.recoveries[reason]
            for (stage, count) in [("begun", counts.begun), ("done", counts.done), ("failed", counts.failed)] {
                text.metric(name, ["reason": reason.rawValue, "stage": stage], UInt64(count))
            }
        }
    }

    private func write(_ counts: [String: UInt64], _ name: String, _ label: String, to text: inout MetricsText) {
        for (value, count) in counts.sorted(by: { $0.key < $1.key }) {
            text.metric(name, [label: value], count)
        }
    }
}
