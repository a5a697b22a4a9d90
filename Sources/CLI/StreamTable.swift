// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit

/// The streams of one broadcast, for people: a table that fits 80 columns.
struct StreamTable {
    /// The answer of `/api/v1/broadcasts/{id}/stats`.
    let statistics: JSONValue

    private static let headings = [
        "FROM", "TO", "STREAM", "LAYER", "SIZE", "FPS", "KEY", "KBIT/S", "LOST", "AGAIN", "JITTER", "RTT",
    ]

    /// The table, with what is worth knowing above it.
    var text: String {
        let streams = statistics["stats"].elements.filter { stream in
            stream["type"] == "inbound-rtp" || stream["type"] == "outbound-rtp"
        }
        let rows = [Self.headings] + streams.map(cells)
        let widths = Self.headings.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return ([summary, ""] + rows.map { StatusTable.line($0, widths) }).joined(separator: "\n")
    }

    private var summary: String {
        let id = StatusTable.shown(statistics["id"])
        let status = StatusTable.shown(statistics["status"])
        guard let offset = statistics["audioVideoOffset"].number else { return "Broadcast \(id), \(status)." }
        let milliseconds = Int((offset * 1_000).rounded())
        let direction = milliseconds < 0 ? "before" : "after"
        return "Broadcast \(id), \(status). Pictures leave \(abs(milliseconds)) ms \(direction) the sound."
    }

    private func cells(of stream: JSONValue) -> [String] {
        let isInbound = stream["type"] == "inbound-rtp"
        let remote = isInbound ? stream : object(stream["remoteId"])
        let codec = object(stream["codecId"])["mimeType"].text?.split(separator: "/").last.map(String.init)
        let size = stream["frameWidth"].number.map { "\(Int($0))x\(stream["frameHeight"].count)" }
        let roundTrip =
            isInbound
            ? object(object(stream["transportId"])["selectedCandidatePairId"])["currentRoundTripTime"]
            : remote["roundTripTime"]
        return [
            isInbound ? "pub" : "gw",
            isInbound ? "gw" : "sfu",
            StatusTable.shown(.string(codec?.lowercased() ?? "-"), atMost: 6),
            StatusTable.shown(stream["rid"], atMost: 6),
            size ?? "-",
            stream["framesPerSecond"].number.map { "\(Int($0))" } ?? "-",
            stream["keyFrameInterval"].number.map { Self.rounded($0) + " s" } ?? "-",
            stream["bitrate"].number.map { "\(Int($0 / 1_000))" } ?? "-",
            remote["packetsLost"].number.map { "\(Int($0))" } ?? "-",
            "\(stream[isInbound ? "retransmittedPacketsReceived" : "retransmittedPacketsSent"].count)",
            Self.milliseconds(remote["jitter"]),
            Self.milliseconds(roundTrip),
        ]
    }

    private func object(_ id: JSONValue) -> JSONValue {
        statistics["stats"].elements.first { $0["id"] == id && id != .null } ?? .null
    }

    private static func milliseconds(_ seconds: JSONValue) -> String {
        seconds.number.map { rounded($0 * 1_000) } ?? "-"
    }

    private static func rounded(_ number: Double) -> String {
        number < 10 ? "\((number * 10).rounded() / 10)" : "\(Int(number.rounded()))"
    }
}
