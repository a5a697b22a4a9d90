// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// One socket of the analytics service, which takes everything and keeps nothing (protocol page §5.3).
struct AnalyticsSocket: Sendable {
    /// The close code that tells the SDK to do without analytics, at once and for good.
    static let notEnabled: UInt16 = 4000

    /// Whether analytics are turned away.
    let refuses: Bool

    /// Serves a connection until it ends.
    func serve(_ connection: WebSocketConnection) async {
        guard !refuses else {
            connection.close(code: Self.notEnabled, reason: "analytics are not enabled")
            return
        }
        connection.send(JSONText.encode(Message(type: "Open", payload: .open)))
        for await message in connection.messages {
            guard case .text(let text) = message, let event = try? JSONText.decode(Event.self, from: text) else {
                continue
            }
            connection.send(JSONText.encode(Message(type: "Acknowledge", payload: .acknowledge(event))))
        }
    }

    private struct Event: Decodable {
        let id: String
        let type: String?
    }

    private struct Message: Encodable {
        let type: String
        let id = Identifier.make()
        let payload: Payload
    }

    private struct Payload: Encodable {
        struct StatsRequest: Encodable {
            let intervalSec: Int
            let types: [String]
        }

        var statsRequest: StatsRequest?
        var eventId: String?
        var ok: Bool?
        var reason: String?

        static let open = Payload(statsRequest: StatsRequest(intervalSec: 5, types: []))

        static func acknowledge(_ event: Event) -> Payload {
            Payload(eventId: event.id, ok: event.type != nil, reason: event.type == nil ? "invalidPayload" : nil)
        }
    }
}
