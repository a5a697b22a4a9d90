// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    @Suite("What operators see of a gateway that runs")
    struct StatusTests {
        private static let key = "a-key-for-operators-alone"

        @Test(
            "The command tells what is on the air and what is over, and the gateway ends streams when it is shut down"
        )
        func status() async throws {
            try await Stage.run("status") { stage in
                try await stage.startSkyWay(["--local-api"])
                let gateway = try await stage.startGateway(settings: ["GATEWAY_ADMIN_KEY": Self.key])
                let observer = try await LiveObserver(on: stage)
                let clip = stage.publishClip(in: "clip", as: "clip")
                try await observer.live("clip", within: .seconds(30))

                let table = try await Self.command(["status"], on: stage)
                #expect(table[0].wholeMatch(of: /Gateway .*, taking publishers: 1 broadcast, 1 live\./) != nil)
                #expect(table[2].hasPrefix("ID  ROOM  STATE  FOR "))
                #expect(table[3].wholeMatch(of: /1   clip  live   .* opus h264  0  +(-|[0-9.]+ ms)/) != nil, "\(table)")
                #expect(table.allSatisfy { $0.count <= 80 })

                let json = try await Self.command(["status", "--json"], on: stage).joined()
                let documents = try JSONDecoder().decode(Answer.self, from: Data(json.utf8))
                let broadcast = try #require(documents.broadcasts.first)
                let reply = try await stage.ask("GET", "\(Stage.skyWayURL)/local/state", from: .viewer)
                #expect(reply.body.contains(broadcast.member.id))
                #expect(broadcast.publications.map(\.codec) == ["opus", "H264"])
                for publication in broadcast.publications { #expect(reply.body.contains(publication.producerId)) }

                clip.send(SIGINT)
                try await observer.gone("clip", within: .seconds(10))
                let after = try await Self.command(["status"], on: stage)
                #expect(
                    after.contains {
                        $0.wholeMatch(of: /1  clip  [0-9]+ s ago: (deleted|closed) by the publisher/) != nil
                    }
                )

                let stream = stage.start(
                    "stream",
                    in: .gateway,
                    ["curl", "-sN", "-H", "Authorization: Bearer \(Self.key)", "-H", "Accept: text/event-stream"]
                        + ["\(Stage.gatewayURL)/api/v1/broadcasts"]
                )
                _ = try await stream.line("the snapshot", within: .seconds(5)) { $0 == "event: snapshot" ? $0 : nil }
                gateway.process.send(SIGTERM)
                #expect(try await stream.end(within: .seconds(5)).isSuccess)
                #expect(try await gateway.process.end(within: .seconds(5)).isSuccess)
                #expect(!gateway.process.errors.lines().contains { $0.contains(Self.key) })
            }
        }

        private struct Answer: Decodable {
            struct Broadcast: Decodable {
                struct Member: Decodable {
                    var id: String
                }

                struct Publication: Decodable {
                    var codec: String
                    var producerId: String
                }

                var member: Member
                var publications: [Publication]
            }

            var broadcasts: [Broadcast]
        }

        private static func command(_ arguments: [String], on stage: Stage) async throws -> [String] {
            let command = stage.start(
                "status",
                in: .gateway,
                [Machine.gatewayBinary] + arguments,
                environment: ["GATEWAY_ADMIN_KEY": key]
            )
            #expect(try await command.end(within: .seconds(20)).isSuccess, "\(command.errors.lines())")
            return command.output.lines()
        }
    }
}
