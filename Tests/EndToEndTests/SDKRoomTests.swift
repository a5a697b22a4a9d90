// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    /// SkyWay's official JavaScript SDK, as it is, in Chromium against `SkyWayLocal`.
    ///
    /// The scenarios are in `Peers/sdk_*.js`; here is what is expected of them.
    @Suite(
        "The official SDK",
        .enabled(if: LongPart.sdk.isWanted, LongPart.sdk.complaint),
        .enabled(if: OfficialSDK.file != nil, OfficialSDK.complaint)
    )
    enum SDK {}
}

extension EndToEnd.SDK {
    @Suite("Rooms from their creation to their end")
    struct RoomTests {
        /// The three kinds of Room, which see different publications of a channel.
        enum RoomType: String, CaseIterable {
            case sfu
            case `default`
            case p2p
        }

        private struct Life: Decodable {
            let missing, duplicate, sameName, gone, data: SDKFailure
            let sameRoom: Bool
            let roomMetadata: [String]
            let members: [[String?]]
            let publications: [[String?]]
            let subscribeSeconds: [Double]
            let video: SDKPictures
            let audio: SDKTones
            let whileDisabled: Int
            let enabledAfter: Double
            let metadata: [String]
            let events: [String: [String]]
            let left: [Int]
            let states: [String]
            let disposed: [Bool]
        }

        @Test("Room", arguments: RoomType.allCases)
        func life(of type: RoomType) async throws {
            let run: SDKRun<Life> = try await Stage.sdk("sdk_rooms", "life", options: #"{"type":"\#(type.rawValue)"}"#)
            let life = run.value
            #expect(life.missing.name == "channelNotFound" && life.gone.name == "channelNotFound")
            #expect(life.duplicate.name == "channelNameDuplicated")
            #expect(life.sameName.name == "alreadySameNameMemberExist")
            #expect(life.sameRoom && life.roomMetadata == Array(repeating: "made by alice", count: 4))
            #expect(life.members == [["alice", "publishes"], ["bob", nil]])
            let path = type == .p2p ? "p2p" : "sfu"
            #expect(
                life.publications == [
                    ["audio", path, "alice", "a tone", "enabled"], ["video", path, "alice", nil, "enabled"],
                ]
            )
            expectMedia(life)
            #expect(life.metadata == ["changed by bob", "renamed by bob", "watches"])
            #expect(life.data.name == (type == .sfu ? "sfuPublicationNotSupportDataStream" : ""))
            let events = Self.events(withData: type != .sfu)
            #expect(life.events["alice"] == events && life.events["bob"] == events)
            #expect(life.left == [0, 0])
            #expect(life.states == ["closed", "closed", "closed"] && life.disposed == [true, true, true])
            run.expectConsole(only: Self.caused)
        }

        private func expectMedia(_ life: Life) {
            #expect(life.subscribeSeconds.allSatisfy { $0 < 2 })
            #expect(life.video.numbers.count >= 60 && life.video.ratio >= 0.9 && life.video.unreadable == 0)
            #expect(life.video.counted.map { $0.packetsReceived > 60 && $0.packetsLost == 0 } == true)
            #expect(life.audio.counted.map { $0.packetsReceived > 100 && $0.packetsLost == 0 } == true)
            #expect(life.audio.rising >= 2)
            #expect(life.whileDisabled == 0 && life.enabledAfter < 3)
        }

        /// What the scenario provokes, and what SDK 2.3 itself logs when a P2P publication ends (2.5 does not).
        private static let caused = [
            "[failed] findChannel", "[failed] createChannel", "remove failed", "datachannel operation failed",
        ]

        private static func events(withData: Bool) -> [String] {
            ["onMemberJoined", "onMemberJoined", "onStreamPublished", "onStreamPublished"]
                + ["onPublicationSubscribed", "onPublicationSubscribed"]
                + ["onPublicationDisabled", "onPublicationEnabled"]
                + ["onMetadataUpdated", "onMemberMetadataUpdated", "onMemberMetadataUpdated"]
                + ["onPublicationMetadataUpdated", "onMemberMetadataUpdated"]
                + (withData ? ["onStreamPublished", "onPublicationSubscribed"] : [])
                + (withData ? ["onPublicationUnsubscribed", "onStreamUnpublished"] : [])
                + ["onPublicationUnsubscribed", "onPublicationUnsubscribed", "onStreamUnpublished"]
                + ["onMemberLeft", "onStreamUnpublished", "onMemberLeft", "onClosed"]
        }
    }

    @Suite("Core with the SFU bot", .enabled(if: OfficialSDK.hasCore, OfficialSDK.complaintAboutCore))
    struct CoreTests {
        private struct Life: Decodable {
            let duplicate: SDKFailure
            let sameChannel: Bool
            let members: [[String?]]
            let video: SDKPictures
            let audio: SDKTones
            let states: [String]
            let subscriptions: Int
        }

        @Test("A channel from its creation to its end")
        func life() async throws {
            let run: SDKRun<Life> = try await Stage.sdk("sdk_core", "life")
            let life = run.value
            #expect(life.duplicate.name == "channelNameDuplicated" && life.sameChannel)
            #expect(
                life.members == [["alice", "person", "person"], ["bob", "person", "person"], [nil, "bot", "sfu"]]
            )
            #expect(life.video.numbers.count >= 60 && life.video.ratio >= 0.9 && life.video.unreadable == 0)
            #expect(life.audio.rising >= 2 && life.subscriptions == 1)
            #expect(life.states == ["closed", "closed", "left", "left", "left"])
            run.expectConsole(only: ["[failed] createChannel"])
        }
    }
}
