// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// What a client of the signaling service says (protocol page §5.2).
struct SignalingRequest {
    /// The longest message taken, in characters as JavaScript counts them.
    static let maximumLength = 20_480
    /// The longest message answered at all, in bytes.
    static let maximumBytes = 64 * 1024

    /// The payload of any event; each uses its own part.
    struct Payload: Decodable {
        /// Who a message is for; more about it may come along.
        struct Destination: Decodable {
            let id: String
        }

        let dst: Destination?
        let requestEventId: String?
        /// Opaque to the server.
        let data: JSONValue?
        let token: String?
    }

    let event: String
    let eventId: String
    /// `nil` where there is none, or none that fits.
    let payload: Payload?
}

extension SignalingRequest: Decodable {
    private enum CodingKeys: String, CodingKey {
        case event, eventId, payload
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        event = try container.decode(String.self, forKey: .event)
        eventId = try container.decode(String.self, forKey: .eventId)
        payload = try? container.decode(Payload.self, forKey: .payload)
    }
}

/// What the signaling service says.
struct SignalingMessage: Encodable {
    /// Why a message was not taken.
    enum Refusal: String, Encodable, Sendable {
        case targetNotFound, payloadLengthExceeded, invalidPayload, parameterError, permissionError
    }

    /// Who a message comes from; the name is absent, never null (protocol page §2.5).
    struct Source: Encodable, Sendable {
        let id: String
        let name: String?
    }

    /// The payload of any event.
    struct Payload: Encodable {
        var eventId: String?
        var ok: Bool?
        var reason: Refusal?
        var src: Source?
        var requestEventId: String?
        var data: JSONValue?
    }

    let event: String
    let eventId = Identifier.make()
    var payload = Payload()

    /// The first message: nothing is sent before it (protocol page §5.2).
    static let open = SignalingMessage(event: "open")

    /// The answer to every message.
    static func acknowledge(_ eventID: String, refusal: Refusal? = nil) -> SignalingMessage {
        SignalingMessage(
            event: "acknowledge",
            payload: Payload(eventId: eventID, ok: refusal == nil, reason: refusal)
        )
    }
}
