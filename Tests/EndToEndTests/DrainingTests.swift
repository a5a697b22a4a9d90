// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    @Suite("Draining a gateway that runs")
    struct DrainingTests {
        private static let key = "a-key-for-operators-alone"

        /// What was seen.
        private struct Outcome {
            /// The statuses of POST: before, upon SIGUSR1, upon SIGUSR2, and while `drain` goes on.
            var posts: [Int] = []
            /// What the commands said.
            var said: [String] = []
            var isDrainSuccess = false
            /// Seconds from the command to its end.
            var drainSeconds = 0.0
            var log: [String] = []
        }

        @Test("SIGUSR1 and SIGUSR2, and the command that waits until the limit has ended what was left")
        func drain() async throws {
            let outcome = try await Stage.run("drain") { stage in try await Self.run(on: stage) }
            #expect(outcome.posts == [201, 503, 201, 503, 201])
            #expect(outcome.isDrainSuccess)
            #expect(outcome.drainSeconds > 2.5 && outcome.drainSeconds < 10, "\(outcome.drainSeconds) s")
            #expect(
                outcome.said == [
                    "Draining. 2 sessions are running.", "Drained.", "Publishers are taken. 0 sessions are running.",
                ]
            )
            for line in [
                "Draining: new publishers are refused", "Not draining any more", "The time to drain is over",
                "Drained: no session is left", "the gateway is drained, and the time for that is over",
            ] {
                #expect(outcome.log.contains { $0.contains(line) }, "\(line)")
            }
            #expect(!outcome.log.contains { $0.contains(Self.key) })
        }

        private static func run(on stage: Stage) async throws -> Outcome {
            var outcome = Outcome()
            try await stage.startSkyWay()
            let gateway = try await stage.startGateway(settings: ["GATEWAY_ADMIN_KEY": key])
            let observer = try await LiveObserver(on: stage)
            let clip = stage.publishClip(in: "clip", as: "clip")
            try await observer.live("clip", within: .seconds(30))

            let first = try await post(on: stage)
            outcome.posts.append(first.status)
            gateway.process.send(SIGUSR1)
            _ = try await gateway.process.line("that it drains", within: .seconds(5)) { line in
                line.contains("Draining") ? line : nil
            }
            outcome.posts.append(try await post(on: stage).status)
            gateway.process.send(SIGUSR2)
            _ = try await gateway.process.line("that it does not", within: .seconds(5)) { line in
                line.contains("Not draining any more") ? line : nil
            }
            let location = first.headers["location"] ?? ""
            #expect(try await stage.ask("DELETE", Stage.gatewayURL + location, from: .publisher).status == 200)
            outcome.posts.append(try await post(on: stage).status)

            let began = monotonicSeconds()
            let drain = command(["drain", "--limit", "3", "--wait"], on: stage)
            _ = try await drain.line("that it drains", within: .seconds(5)) { $0.hasPrefix("Draining.") ? $0 : nil }
            outcome.posts.append(try await post(on: stage).status)
            outcome.isDrainSuccess = try await drain.end(within: .seconds(20)).isSuccess
            outcome.drainSeconds = monotonicSeconds() - began
            clip.send(SIGINT)
            let undo = command(["drain", "--undo"], on: stage)
            _ = try await undo.end(within: .seconds(10))
            outcome.posts.append(try await post(on: stage).status)
            outcome.said = drain.output.lines() + undo.output.lines()
            outcome.log = gateway.process.errors.lines()
            return outcome
        }

        private static func post(on stage: Stage) async throws -> Reply {
            try await stage.post("obs-30.2-constructed", to: "\(Stage.gatewayURL)/whip/other")
        }

        private static func command(_ arguments: [String], on stage: Stage) -> ChildProcess {
            stage.start(
                "drain",
                in: .gateway,
                [Machine.gatewayBinary] + arguments,
                environment: ["GATEWAY_ADMIN_KEY": key]
            )
        }
    }
}
