// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    /// Ends by the gateway, as publishers with other implementations of DTLS hear of them.
    @Suite("Ends by the gateway")
    struct EndingTests {
        /// A publisher, and what it is to be ended by.
        private enum Ending: String, CaseIterable {
            /// Its stream key is revoked; libdatachannel on Mbed TLS, as OBS.
            case revoked
            /// SkyWay takes its bot away and allows no other; aiortc on OpenSSL.
            case lost
            /// It is silent, by SIGSTOP, and hears of it when it goes on; libdatachannel on Mbed TLS.
            case silent
            /// The gateway is ended; libwebrtc on BoringSSL.
            case shutdown

            var script: String {
                switch self {
                case .revoked, .silent: "publish_libdatachannel.py"
                case .lost: "publish_aiortc.py"
                case .shutdown: "publish_wrtc.py"
                }
            }
        }

        /// The states that tell the application that the session is over.
        private static let overStates: Set = ["closed", "disconnected", "failed", "dtls-closed"]

        @Test("The publisher's connection is over within a second of each")
        func heard() async throws {
            let delays = try await Stage.run("endings") { stage in try await Self.run(on: stage) }
            for (ending, delay) in delays { #expect(delay < 1, "\(ending): \(delay) s") }
            print("ENDINGS: \(delays.map { "\($0.0) \(Int($0.1 * 1_000)) ms" }.joined(separator: ", "))")
        }

        private static func run(on stage: Stage) async throws -> [(String, Double)] {
            try await stage.startSkyWay(["--local-api"])
            var publishers: [Ending: PeerProcess] = [:]
            let keys = try await makeKeys(on: stage)
            let settings = [
                "GATEWAY_STREAM_KEYS": "keys.json", "GATEWAY_MEDIA_TIMEOUT": "2", "GATEWAY_ICE_TIMEOUT": "10",
                "GATEWAY_ALLOW_ANYONE": "false", "GATEWAY_RESUME_WINDOW": "0",
            ]
            let gateway = try await stage.startGateway(settings: settings)
            let observer = try await LiveObserver(on: stage)
            for ending in Ending.allCases {
                publishers[ending] = stage.peer(
                    ending.script,
                    ["\(Stage.gatewayURL)/whip", "--seconds", "60", "--token", try #require(keys[ending])],
                    in: .publisher,
                    as: ending.rawValue
                )
            }
            for ending in Ending.allCases { try await observer.live(ending.rawValue, within: .seconds(40)) }
            var delays: [(String, Double)] = []
            func hear(_ ending: Ending, since began: Double) async throws {
                let over = try await over(try #require(publishers[ending]), since: began)
                delays.append((ending.rawValue, over - began))
            }

            publishers[.silent]?.process.send(SIGSTOP)
            let id = try #require(keys[.revoked]?.split(separator: "-").first)
            try await call(["key", "revoke", String(id), "--stream-keys", "keys.json"], in: .gateway, on: stage)
            try await hear(.revoked, since: try await observer.gone("revoked", within: .seconds(10)))

            let refusal = ["fault", "fail-calls", "method=createBot", "status=403", "count=100"]
            try await call(refusal, in: .viewer, on: stage)
            try await call(["fault", "remove-bot", "channel=lost"], in: .viewer, on: stage)
            try await hear(.lost, since: try await observer.gone("lost", within: .seconds(10)))

            try await observer.gone("silent", within: .seconds(20))
            let awake = monotonicSeconds()
            publishers[.silent]?.process.send(SIGCONT)
            try await hear(.silent, since: awake)

            let ended = monotonicSeconds()
            gateway.process.send(SIGTERM)
            try await hear(.shutdown, since: ended)
            return delays
        }

        /// When a publisher's connection was over.
        private static func over(_ publisher: PeerProcess, since began: Double) async throws -> Double {
            try await publisher.process.line("that it is over", within: .seconds(10)) { line in
                guard let event = PeerProcess.decode(PeerProcess.Event.self, line), event.at >= began - 0.5,
                    overStates.contains(event.event)
                else { return nil }
                return event.at
            }
        }

        /// Makes a stream key for the room of each.
        private static func makeKeys(on stage: Stage) async throws -> [Ending: String] {
            var keys: [Ending: String] = [:]
            for ending in Ending.allCases {
                let lines = try await call(
                    ["key", "add", ending.rawValue, "--stream-keys", "keys.json"],
                    in: .gateway,
                    on: stage
                )
                keys[ending] = lines.first
            }
            return keys
        }

        /// Runs one of our own commands.
        @discardableResult
        private static func call(
            _ arguments: [String],
            in role: Namespaces.Role,
            on stage: Stage
        ) async throws -> [String] {
            let process = stage.start("command", in: role, [Machine.gatewayBinary] + arguments)
            guard try await process.end(within: .seconds(10)).isSuccess else { throw StageError(process.lastWords) }
            return process.output.lines()
        }
    }
}
