// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A Python peer: its events as they come, and its result.
struct PeerProcess {
    /// One JSON line of a peer.
    struct Event: Decodable {
        let event: String
        /// Seconds of `CLOCK_MONOTONIC`, the same for every process of the machine.
        let at: Double
        let ok: Bool?
        let error: String?
    }

    /// An event with the fields that are its own.
    struct Detailed<Fields> {
        let at: Double
        let fields: Fields
    }

    let process: ChildProcess

    /// The first event of a name, from a line of the output on.
    @discardableResult
    func event(_ name: String, from start: Int = 0, within limit: Duration) async throws -> Event {
        try await detailed(name, as: Event.self, from: start, within: limit).fields
    }

    /// The first event of a name with its own fields.
    func detailed<Fields: Decodable>(
        _ name: String,
        as type: Fields.Type,
        from start: Int = 0,
        within limit: Duration
    ) async throws -> Detailed<Fields> {
        try await process.line("“\(name)”", from: start, within: limit) { line in
            guard let event = Self.decode(Event.self, line) else { return nil }
            if event.event == "result", event.ok == false, name != "result" {
                throw StageError("\(process.name): \(event.error ?? "no reason given")")
            }
            guard event.event == name, let fields = Self.decode(type, line) else { return nil }
            return Detailed(at: event.at, fields: fields)
        }
    }

    /// What the peer found out; throws with its reason where it says that it failed.
    func result<Fields: Decodable>(_ type: Fields.Type, within limit: Duration) async throws -> Fields {
        let outcome = try await event("result", within: limit)
        guard outcome.ok == true else { throw StageError("\(process.name): \(outcome.error ?? "no reason given")") }
        return try await detailed("result", as: type, within: .seconds(1)).fields
    }

    static func decode<Fields: Decodable>(_ type: Fields.Type, _ line: String) -> Fields? {
        line.hasPrefix("{") ? try? JSONDecoder().decode(type, from: Data(line.utf8)) : nil
    }
}
