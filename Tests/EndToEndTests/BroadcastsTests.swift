// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Broadcasts")
    struct BroadcastsTests {
        private static let channel = "stage"

        /// What arrived of the broadcasts that went on.
        private struct Sessions: Decodable {
            struct Session: Decodable {
                let url: String
                let streams: [PacketStream]
            }

            let sessions: [Session]
        }

        @Test("Ten share a channel, the end of one disturbs no other, and the last leaves nobody behind")
        func tenShareAChannel() async throws {
            let (sessions, left) = try await Stage.run("ten-broadcasts") { stage in try await Self.ten(on: stage) }
            #expect(sessions.count == 9)
            for session in sessions {
                #expect(session.streams.count == 2, "\(session.url)")
                for stream in session.streams {
                    #expect(stream.lost == 0 && stream.largestGapMilliseconds <= 500, "\(session.url)")
                }
            }
            #expect(left.persons.isEmpty && left.publications.isEmpty && left.subscriptions == 0)
            let gaps = sessions.flatMap(\.streams).map(\.largestGapMilliseconds)
            print("TEN BROADCASTS: largest gap \(gaps.max() ?? 0) ms")
        }

        private static func ten(on stage: Stage) async throws -> ([Sessions.Session], ChannelSnapshot) {
            try await stage.startSkyWay()
            try await stage.startGateway()
            let observer = ChannelObserver(channel, on: stage)
            let first = stage.publishClip(in: channel, as: "clip-0")
            let ending = try await observer.snapshot("one broadcast", within: .seconds(20)) {
                $0.publications.count == 4
            }
            let others = (1...9).map { stage.publishClip(in: channel, as: "clip-\($0)") }
            let all = try await observer.snapshot("ten broadcasts", within: .seconds(40)) {
                $0.publications.count == 40
            }
            let staying = all.fields.publishers.subtracting(ending.fields.publishers)
            let sinks = stage.peer(
                "consume_whep.py",
                staying.sorted().map { "\(Stage.skyWayURL)/whep/\(channel)?member=\($0)" } + ["--seconds", "60"],
                in: .viewer
            )
            try await sinks.event("settled", within: .seconds(40))
            _ = try await observer.snapshot("nine viewers", within: .seconds(20)) { $0.persons.count == 19 }
            try await Task.sleep(for: .seconds(2))
            first.send(SIGINT)
            _ = try await observer.snapshot("nine broadcasts", within: .seconds(10)) { $0.publications.count == 36 }
            try await Task.sleep(for: .seconds(3))
            sinks.process.send(SIGTERM)
            let sessions = try await sinks.result(Sessions.self, within: .seconds(15))
            for other in others { other.send(SIGINT) }
            let left = try await observer.snapshot("nobody", within: .seconds(15)) { $0.persons.isEmpty }
            return (sessions.sessions, left.fields)
        }

        @Test("A publisher that is killed is gone from the channel within 35 s")
        func killedPublisherIsRemoved() async throws {
            let (after, left) = try await Stage.run("killed-publisher") { stage in
                try await stage.startSkyWay()
                try await stage.startGateway(settings: ["GATEWAY_RESUME_WINDOW": "0"])
                let observer = ChannelObserver(Self.channel, on: stage)
                let clip = stage.publishClip(in: Self.channel, as: "clip")
                _ = try await observer.snapshot("a broadcast", within: .seconds(20)) { $0.publications.count == 4 }
                let killedAt = monotonicSeconds()
                clip.send(SIGKILL)
                let left = try await observer.snapshot("nobody", within: .seconds(45)) {
                    $0.persons.isEmpty
                }
                return (left.at - killedAt, left.fields)
            }
            print("KILLED PUBLISHER: gone after \(after) s")
            #expect(after <= 35)
            #expect(left.publications.isEmpty && left.subscriptions == 0)
        }
    }
}
