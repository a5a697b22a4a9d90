// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    /// One broadcast with short tokens, and what its viewer and the log have of it.
    fileprivate struct RenewalRun {
        let sink: SinkResult
        let renewals: Int
        let log: [String]

        /// - Parameters:
        ///   - lifetime: of the tokens, in seconds.
        ///   - version: of the tokens.
        ///   - seconds: how long is watched.
        /// - Throws: what did not come about.
        init(lifetime: Int, version: Int, seconds: Int) async throws {
            self = try await Stage.run("tokens-\(lifetime)-v\(version)") { stage in
                try await stage.startSkyWay()
                let gateway = try await stage.startGateway(
                    settings: ["SKYWAY_TOKEN_LIFETIME": "\(lifetime)", "SKYWAY_TOKEN_VERSION": "\(version)"]
                )
                let sink = stage.peer(
                    "consume_whep.py",
                    [
                        "\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2", "--seconds", "\(seconds)",
                    ],
                    in: .viewer
                )
                let clip = stage.publishClip(in: "stage", as: "clip")
                let received = try await sink.result(SinkResult.self, within: .seconds(seconds + 60))
                clip.send(SIGINT)
                _ = try? await clip.end(within: .seconds(10))
                let log = gateway.process.errors.lines()
                return Self(sink: received, renewals: log.count { $0.contains("Token renewed") }, log: log)
            }
        }

        private init(sink: SinkResult, renewals: Int, log: [String]) {
            self.sink = sink
            self.renewals = renewals
            self.log = log
        }

        func expectNobodyNoticed(least: Int) {
            #expect(renewals >= least)
            #expect(sink.streams.count == 2)
            for stream in sink.streams {
                #expect(stream.lost == 0 && stream.largestGapMilliseconds <= 500)
            }
            #expect(!log.contains { $0.contains("can't be renewed") || $0.contains("out of reach") })
            #expect(log.count { $0.contains("Session ended") } == 1)
            print("TOKENS: \(renewals) renewals, gaps", sink.streams.map(\.largestGapMilliseconds), "ms")
        }
    }

    @Suite("Renewal of tokens")
    struct TokenRenewalTests {
        @Test("With tokens of 46 s the token is renewed three times, and the viewer sees nothing of it")
        func threeRenewals() async throws {
            try await RenewalRun(lifetime: 46, version: 3, seconds: 46).expectNobodyNoticed(least: 3)
        }
    }

    @Suite("Commands about tokens")
    struct TokenCommandTests {
        private struct Said {
            let status: Bool
            let output: String
        }

        private static func run(
            _ arguments: [String],
            _ environment: [String: String],
            on stage: Stage
        ) async throws -> Said {
            let command = [Machine.gatewayBinary, "token"] + arguments
            let process = stage.start("token", in: .gateway, command, environment: environment)
            let end = try await process.end(within: .seconds(15))
            let lines = process.output.lines() + process.errors.lines()
            return Said(status: end.isSuccess, output: lines.joined(separator: "\n"))
        }

        @Test("A token that is made is read and found good; what one lacks is said, and the command fails")
        func commands() async throws {
            let account = Stage.credentials
            let said = try await Stage.run("token-commands") { stage in
                let make = ["make", "studio", "--member-name", "obs", "--lifetime"]
                let token = try await Self.run(make + ["600", "--token-version", "2"], account, on: stage).output
                let short = try await Self.run(make + ["40"], account, on: stage).output
                let check = { (token: String, member: String) in
                    ["check", token, "--room", "studio", "--member-name", member]
                }
                let other = account.merging(["SKYWAY_SECRET_KEY": "another-secret"]) { $1 }
                return [
                    try await Self.run(["decode", token], [:], on: stage),
                    try await Self.run(check(token, "obs"), [:], on: stage),
                    try await Self.run(check(token, "obs"), account, on: stage),
                    try await Self.run(check(token, "cam"), [:], on: stage),
                    try await Self.run(check(short, "obs"), account, on: stage),
                    try await Self.run(check(token, "obs"), other, on: stage),
                    try await Self.run(check("nonsense", "obs"), [:], on: stage),
                    try await Self.run(["check", "--room", "studio"], account, on: stage),
                ]
            }
            #expect(said.map(\.status) == [true, true, true, false, false, false, false, true])
            let parts = [
                "\"version\" : 2", "publish for", "publish for", "for the member \"obs\", not \"cam\"", "45 s",
                "SKYWAY_SECRET_KEY", "three parts", "publish for",
            ]
            for (said, part) in zip(said, parts) { #expect(said.output.contains(part), "\(said.output)") }
        }
    }
}

/// Not within `EndToEnd`, whose tests may take five minutes.
@Suite(
    "Renewal of tokens, at length",
    .serialized,
    .timeLimit(.minutes(40)),
    .enabled(if: Machine.takesPart, Machine.complaint),
    .enabled(if: LongPart.tokens.isWanted, LongPart.tokens.complaint)
)
struct TokenRenewalLengthTests {
    @Test("With tokens of 90 s the viewer sees nothing of them over 10 minutes", arguments: [3, 2])
    func tenMinutes(version: Int) async throws {
        try await EndToEnd.RenewalRun(lifetime: 90, version: version, seconds: 600).expectNobodyNoticed(least: 19)
    }
}
