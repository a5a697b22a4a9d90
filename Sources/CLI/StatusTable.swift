// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit

/// What is on the air, for people: a table that fits 80 columns.
struct StatusTable {
    /// The answer of `/api/v1/status`.
    let gateway: JSONValue
    /// The answer of `/api/v1/broadcasts`.
    let broadcasts: JSONValue

    /// How many of those that have ended are shown.
    private static let endedCount = 5
    private static let headings = ["ID", "ROOM", "STATE", "FOR", "PUBLISHER", "CODECS", "VIEWERS", "RTT"]
    /// The columns that give way where the table is too wide: rooms and publishers.
    private static let elastic = [1, 4]
    private static let columns = 80

    /// The table, with what is worth knowing above and below it.
    var text: String {
        let running = broadcasts["broadcasts"].elements
        var lines = [summary]
        if let obstacle = gateway["obstacle"]["title"].text { lines.append("Not ready: \(obstacle).") }
        if !running.isEmpty {
            let rows = running.map(cells)
            let widths = Self.widths(of: [Self.headings] + rows)
            lines += ["", Self.line(Self.headings, widths)]
            for (broadcast, row) in zip(running, rows) {
                lines.append(Self.line(row, widths))
                lines += recovery(of: broadcast).map { ["    \($0)"] } ?? []
            }
        }
        let ended = broadcasts["ended"].elements.prefix(Self.endedCount).map(end)
        if !ended.isEmpty { lines += ["", "Ended lately:"] + ended }
        return lines.joined(separator: "\n")
    }

    private var summary: String {
        let count = broadcasts["broadcasts"].elements.count
        let live = gateway["broadcasts"]["live"].count
        let uptime = Self.duration(gateway["uptimeSeconds"].number ?? 0)
        let broadcasts = count == 1 ? "1 broadcast" : "\(count) broadcasts"
        let door = gateway["draining"] == .bool(true) ? "draining" : "taking publishers"
        return "Gateway \(Self.shown(gateway["version"])), up \(uptime), \(door): \(broadcasts), \(live) live."
    }

    // MARK: Rows

    private func cells(of broadcast: JSONValue) -> [String] {
        let publications = broadcast["publications"].elements
        let viewers = publications.map { $0["subscriptions"].count }.max() ?? 0
        let codecs = publications.compactMap { $0["codec"].text?.lowercased() }.joined(separator: " ")
        return [
            Self.shown(broadcast["id"]),
            Self.shown(Self.room(of: broadcast)),
            Self.shown(broadcast["status"]),
            Self.duration(seconds(since: broadcast["statusSince"])),
            Self.shown(Self.publisher(of: broadcast)),
            Self.shown(.string(codecs)),
            "\(viewers)",
            roundTrip(of: broadcast),
        ]
    }

    private static func room(of broadcast: JSONValue) -> JSONValue {
        broadcast["channel"]["name"] == .null ? broadcast["channel"]["id"] : broadcast["channel"]["name"]
    }

    /// The key or token, or else the address.
    private static func publisher(of broadcast: JSONValue) -> JSONValue {
        let publisher = broadcast["publisher"]
        return publisher["key"] == .null ? publisher["address"] : publisher["key"]
    }

    /// The round-trip time to the SFU.
    private func roundTrip(of broadcast: JSONValue) -> String {
        let transports = broadcast["transports"].elements.filter { $0["side"] == "sfu" }
        guard let time = transports.compactMap({ $0["roundTripMilliseconds"].number }).max() else { return "-" }
        return time < 10 ? "\(time) ms" : "\(Int(time)) ms"
    }

    private func recovery(of broadcast: JSONValue) -> String? {
        let recovery = broadcast["recovery"]
        guard let detail = recovery["detail"].text else { return nil }
        let time = Self.duration(seconds(since: recovery["since"]))
        let text = "attempt \(recovery["attempt"].count), for \(time): \(detail)"
        return Self.shown(.string(text), atMost: Self.columns - 4)
    }

    private func end(of broadcast: JSONValue) -> String {
        let ago = Self.duration(seconds(since: broadcast["statusSince"]))
        let cells = [
            Self.shown(broadcast["id"]), Self.shown(Self.room(of: broadcast), atMost: 24),
            "\(ago) ago: \(broadcast["end"]["detail"].text ?? "")",
        ]
        return Self.shown(.string(cells.joined(separator: "  ")), atMost: Self.columns)
    }

    // MARK: Form

    /// As wide as the widest cell of each column, rooms and publishers less so where that is too much.
    private static func widths(of rows: [[String]]) -> [Int] {
        var widths = headings.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for _ in 0..<max(0, widths.reduce(2 * (widths.count - 1), +) - columns) {
            guard let widest = elastic.max(by: { widths[$0] < widths[$1] }), widths[widest] > 9 else { break }
            widths[widest] -= 1
        }
        return widths
    }

    /// A line of cells, each as wide as its column.
    static func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).map { cell, width in
            shown(.string(cell), atMost: width).padding(toLength: width, withPad: " ", startingAt: 0)
        }
        return padded.joined(separator: "  ").replacing(/\ +$/, with: "")
    }

    /// A text that others have given: without what a terminal takes for orders, and not too long.
    static func shown(_ value: JSONValue, atMost limit: Int = 40) -> String {
        let text = String((value.text ?? "-").unicodeScalars.filter { $0.properties.generalCategory != .control })
        return text.count > limit ? text.prefix(limit - 1) + "…" : text
    }

    private func seconds(since time: JSONValue) -> Double {
        guard let then = Self.date(time), let now = Self.date(gateway["time"]) else { return 0 }
        return max(0, now.timeIntervalSince(then))
    }

    private static func date(_ value: JSONValue) -> Date? {
        value.text.flatMap { try? Date($0, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
    }

    /// Such as `42 s`, `3:05` in minutes, `1:03:05` in hours or `12 d`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return switch whole {
        case ..<60: "\(whole) s"
        case ..<3_600: "\(whole / 60):\(two(whole % 60))"
        case ..<86_400: "\(whole / 3_600):\(two(whole / 60 % 60)):\(two(whole % 60))"
        default: "\(whole / 86_400) d"
        }
    }
}
