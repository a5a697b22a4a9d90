// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

/// What the SDK takes apart without a check (protocol page §§2.5, 2.6).
@Suite struct ChannelDocumentTests {
    private func json(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(JSONText.encode(value).utf8))
    }

    @Test("An empty channel still has its three arrays")
    func emptyChannel() throws {
        let channel = Channel(id: "C", appID: "A", name: nil, metadata: nil)
        #expect(
            try json(ChannelDocument(channel))
                == .object([
                    "id": .string("C"), "version": .integer(0), "members": .array([]), "publications": .array([]),
                    "subscriptions": .array([]),
                ])
        )
    }

    @Test("A snapshot names the origin before its relay, with isEnabled and encodings always there")
    func snapshot() throws {
        let document = try json(ChannelDocument(try Channel.withRelay()))
        guard case .object(let channel) = document, case .array(let publications) = channel["publications"] else {
            Issue.record("no publications")
            return
        }
        #expect(
            publications == [
                .object([
                    "id": .string("origin"), "channelId": .string("C"), "publisherId": .string("publisher"),
                    "contentType": .string("Video"), "codecCapabilities": .array([]), "encodings": .array([]),
                    "isEnabled": .bool(true), "type": .string("sfu"),
                ]),
                .object([
                    "id": .string("relay"), "channelId": .string("C"), "publisherId": .string("bot"),
                    "origin": .string("origin"), "contentType": .string("Video"), "codecCapabilities": .array([]),
                    "encodings": .array([]), "isEnabled": .bool(true), "type": .string("sfu"),
                ]),
            ]
        )
        #expect(
            channel["members"]
                == .array([
                    .object(["id": .string("bot"), "type": .string("Bot"), "subtype": .string("sfu")]),
                    .object([
                        "id": .string("publisher"), "name": .string("obs"), "type": .string("Person"),
                        "subtype": .string("Person"),
                    ]),
                    .object([
                        "id": .string("viewer"), "name": .string("viewer"), "type": .string("Person"),
                        "subtype": .string("Person"),
                    ]),
                ])
        )
    }

    @Test("A StreamSubscribed event carries the subscription and its publication")
    func subscribedEvent() throws {
        let channel = try Channel.withRelay()
        let event = try #require(channel.history.first { $0.change.name == "StreamSubscribed" })
        guard case .object(let text) = try json(ChannelEventDocument(event, of: channel)),
            case .object(let params) = text["params"], case .object(let data) = params["data"],
            case .object(let subscription) = data["subscription"], case .object(let publication) = data["publication"]
        else {
            Issue.record("another shape")
            return
        }
        #expect(text["id"] == nil && text["method"] == .string("channelEventNotification"))
        #expect(params["type"] == .string("StreamSubscribed") && params["appId"] == .string("A"))
        #expect(data["channel"] == .object(["id": .string("C"), "version": .integer(5)]))
        #expect(subscription["publicationId"] == .string("origin") && subscription["subscriberId"] == .string("bot"))
        #expect(publication["id"] == .string("origin") && publication["channelId"] == nil)
    }

    @Test("No document of a whole life has a null in it")
    func noNulls() throws {
        var channel = try Channel.withRelay()
        channel.delete()
        for event in channel.history {
            #expect(!JSONText.encode(ChannelEventDocument(event, of: channel)).contains("null"))
        }
    }
}
