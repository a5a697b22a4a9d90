// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd.SDK {
    @Suite("Media")
    struct MediaTests {
        private struct Layers: Decodable {
            struct Sent: Decodable {
                let rid: String
                let framesSent: Int
            }

            let encodings: [String]
            let changes: [SDKLayers.Change]
            let preferred: String
            let watching: SDKPictures
            let sent: [Sent]
        }

        @Test(
            "Of three layers the viewer gets the one that it prefers within 5 s",
            arguments: [("sfu", "video/vp8"), ("default", "video/h264")]
        )
        func simulcast(type: String, codec: String) async throws {
            let run: SDKRun<Layers> = try await Stage.sdk(
                "sdk_media",
                "simulcast",
                options: #"{"type":"\#(type)","codec":"\#(codec)"}"#
            )
            let layers = run.value
            print("SDK LAYERS \(codec): \(layers.changes.map { "\($0.id) after \($0.seconds) s" })")
            #expect(layers.encodings == ["low", "mid", "high"] && layers.preferred == "high")
            #expect(layers.changes.count == 4 && layers.changes.allSatisfy { $0.seconds <= 5 })
            #expect(layers.watching.sizes.map(\.height) == [136, 544, 136, 272, 544])
            #expect(layers.watching.ratio >= 0.9 && layers.watching.unreadable == 0)
            #expect(layers.sent.count == 3 && layers.sent.allSatisfy { $0.framesSent > 0 })
            run.expectConsole()
        }

        private struct Crowd: Decodable {
            struct Kind: Decodable {
                let packetsReceived: Int
                let packetsLost: Int
                let framesReceived: Int
                let framesDecoded: Int
                let seconds: Double
            }

            struct Viewer: Decodable {
                let audio: Kind
                let video: Kind
            }

            let viewers: [Viewer]
            let looking: [SDKPictures]
            let members: Int
            let subscriptions: Int
        }

        @Test("Twenty viewers of one publication get every packet of it")
        func twenty() async throws {
            let run: SDKRun<Crowd> = try await Stage.sdk(
                "sdk_media",
                "twenty",
                options: #"{"count":20,"looking":3,"seconds":6}"#,
                seconds: 90
            )
            let crowd = run.value
            let videos = crowd.viewers.map(\.video)
            let audios = crowd.viewers.map(\.audio)
            print(
                "SDK TWENTY: frames \(videos.map(\.framesReceived)), packets \(videos.map(\.packetsReceived)),",
                "sound \(audios.map(\.packetsReceived)), subscribed after \(videos.map(\.seconds).max() ?? 0) s"
            )
            #expect(crowd.members == 21 && crowd.subscriptions == 40 && crowd.viewers.count == 20)
            // 6 s of 15 frames and 50 packets of sound each, less what a busy camera leaves out.
            #expect(videos.allSatisfy { $0.framesReceived >= 80 && $0.packetsReceived >= 80 && $0.packetsLost == 0 })
            let packets = videos.map(\.packetsReceived)
            // Each is asked at a moment of its own, half a second apart at most.
            #expect((packets.max() ?? 0) - (packets.min() ?? 0) <= 16)
            #expect(audios.allSatisfy { $0.packetsReceived >= 290 && $0.packetsLost == 0 })
            #expect(crowd.looking.count == 3)
            #expect(crowd.looking.allSatisfy { $0.numbers.count >= 80 && $0.ratio >= 0.9 && $0.unreadable == 0 })
            run.expectConsole()
        }

        private struct TooMany: Decodable {
            let refused: SDKFailure
            let subscriptions: Int
        }

        @Test("One viewer more than maxSubscribers is refused until another one goes")
        func tooMany() async throws {
            let run: SDKRun<TooMany> = try await Stage.sdk("sdk_media", "tooMany")
            #expect(run.value.refused.name == "maxSubscribersExceededError" && run.value.refused.seconds < 2)
            #expect(run.value.subscriptions == 2)
            run.expectConsole(only: ["status of 429", "_startSubscribing consume", "_handleOnStreamSubscribe"])
        }
    }
}
