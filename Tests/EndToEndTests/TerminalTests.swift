// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Started by hand")
    struct TerminalTests {
        /// The result of `terminal.py`.
        private struct End: Decodable {
            let status: Int
            let endedAfterMilliseconds: Int?
        }

        /// What was seen of one run.
        private struct Run {
            /// When the publisher had its answer, and when it was connected.
            let answeredAt: Double
            let connectedAt: Double
            let typedAt: Double
            let sink: SinkResult
            let end: End
        }

        @Test("Without a channel the terminal is asked for one, while the publisher is already answered")
        func asksForTheChannel() async throws {
            let run = try await Stage.run("terminal") { stage in try await Self.ask(on: stage) }
            #expect(run.answeredAt < run.typedAt && run.connectedAt < run.typedAt)
            #expect(run.sink.video.distinct >= 40)
            #expect(run.end.status == 0)
            #expect(run.end.endedAfterMilliseconds.map { $0 <= 5000 } == true)
        }

        private static func ask(on stage: Stage) async throws -> Run {
            try await stage.startSkyWay()
            let observer = ChannelObserver("asked-for", on: stage)
            let terminal = stage.peer(
                "terminal.py",
                [
                    "--answer", "[Cc]hannel.*[:?] ?$=asked-for", "--hesitate", "1", "--seconds", "90", "--",
                    Machine.gatewayBinary, "serve",
                ],
                in: .gateway,
                environment: Stage.gatewayEnvironment.merging(Stage.credentials) { $1 }
            )
            try await stage.isReady(Service(process: terminal.process, url: Stage.gatewayURL), in: .gateway)
            let sink = stage.peer(
                "consume_whep.py",
                ["\(Stage.skyWayURL)/whep/asked-for", "--retry", "0.2", "--seconds", "4"],
                in: .viewer
            )
            let source = stage.peer(
                "publish_libdatachannel.py",
                ["\(Stage.gatewayURL)/whip", "--seconds", "12"],
                in: .publisher
            )
            let answered = try await source.event("answered", within: .seconds(15))
            let connected = try await source.event("connected", within: .seconds(5))
            let typed = try await terminal.event("typed", within: .seconds(10))
            let seen = try await sink.result(SinkResult.self, within: .seconds(40))
            terminal.process.send(SIGTERM)
            let end = try await terminal.result(End.self, within: .seconds(10))
            _ = try await observer.snapshot("nobody", within: .seconds(5)) { $0.persons.isEmpty }
            return Run(
                answeredAt: answered.at,
                connectedAt: connected.at,
                typedAt: typed.at,
                sink: seen,
                end: end
            )
        }

        @Test(
            "Credentials are read from .env, under today's names and the prototype's",
            arguments: [
                ["SKYWAY_APP_ID", "SKYWAY_SECRET_KEY"], ["APP_ID", "SECRET_KEY"],
            ]
        )
        func readsEnvironmentFile(names: [String]) async throws {
            let reply = try await Stage.run("env-\(names[0])") { stage in
                try await stage.startSkyWay()
                let values = [Stage.developmentApplication, Stage.developmentSecret]
                let text = zip(names, values).map { "\($0)=\($1)\n" }.joined()
                try text.write(to: stage.folder.appending(path: ".env"), atomically: true, encoding: .utf8)
                try await stage.startGateway([:])
                return try await stage.post("ffmpeg9-default-passive", to: "\(Stage.gatewayURL)/whip/stage")
            }
            #expect(reply.status == 201, "\(reply.body)")
        }
    }
}
