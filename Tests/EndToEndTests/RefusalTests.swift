// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    @Suite("What is refused")
    struct RefusalTests {
        /// A problem document (RFC 9457).
        private struct Problem: Decodable {
            let type: String
            let status: Int?
            let detail: String?
        }

        @Test("A token that SkyWay refuses is a 502 of its own within 5 s, and leaves nobody in the channel")
        func refusedToken() async throws {
            let (reply, left) = try await Stage.run("refused-token") { stage in
                try await stage.startSkyWay()
                var credentials = Stage.credentials
                credentials["SKYWAY_SECRET_KEY"] = "another-secret-that-nobody-knows-anything-about"
                try await stage.startGateway(credentials)
                let observer = ChannelObserver("stage", on: stage)
                let reply = try await stage.post("ffmpeg9-default-passive", to: "\(Stage.gatewayURL)/whip/stage")
                return (reply, try await observer.snapshot("the channel", within: .seconds(5)) { _ in true }.fields)
            }
            try expectProblem(reply, statuses: [502], mentioning: "token")
            #expect(left.persons.isEmpty && left.publications.isEmpty)
        }

        @Test("A SkyWay that is not there is a 502 or 504 of its own within 5 s", arguments: [true, false])
        func deadSkyWay(answersWithReset: Bool) async throws {
            let name = answersWithReset ? "dead-skyway" : "silent-skyway"
            let reply = try await Stage.run(name) { stage in
                if !answersWithReset { try await Self.silence(stage) }
                try await stage.startGateway()
                return try await stage.post("ffmpeg9-default-passive", to: "\(Stage.gatewayURL)/whip/stage")
            }
            try expectProblem(reply, statuses: [502, 504], mentioning: "skyway")
        }

        /// Drops what comes to SkyWay's address, as a firewall does.
        private static func silence(_ stage: Stage) async throws {
            let rules =
                "add table ip silent\nadd chain ip silent in { type filter hook input priority 0; }\n"
                + "add rule ip silent in tcp dport 8081 drop\n"
            let file = stage.folder.appending(path: "silent.nft")
            try rules.write(to: file, atomically: true, encoding: .utf8)
            let filter = stage.start("nft", in: .viewer, ["nft", "-f", file.path])
            #expect(try await filter.end(within: .seconds(5)).isSuccess, "\(filter.lastWords)")
        }

        private func expectProblem(_ reply: Reply, statuses: Set<Int>, mentioning word: String) throws {
            print("REFUSAL \(reply.status) after \(reply.seconds) s: \(reply.body)")
            #expect(statuses.contains(reply.status))
            #expect(reply.seconds <= 5)
            #expect(reply.headers["content-type"]?.hasPrefix("application/problem+json") == true)
            let problem = try JSONDecoder().decode(Problem.self, from: Data(reply.body.utf8))
            #expect(problem.type != "about:blank" && problem.type.lowercased().contains(word))
        }
    }
}
