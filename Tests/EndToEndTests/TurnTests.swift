// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What a broadcast was like whose way to the SFU was blocked, and how it went.
private struct TurnRun {
    let sink: SinkResult
    /// The kinds of paths to the SFU, in the order in which they were used.
    let paths: [String]
    /// The TURN servers that were used.
    let servers: [String]
    let log: [String]

    /// Runs one broadcast.
    ///
    /// - Parameters:
    ///   - name: of the stage.
    ///   - blocked: the protocols that get nothing to the SFU's port.
    ///   - transport: how the TURN server is spoken to.
    ///   - settings: of the gateway, besides those of the TURN server.
    ///   - options: of coturn.
    ///   - seconds: how long is watched.
    ///   - meanwhile: what is done once a viewer sees something.
    /// - Throws: what did not come about.
    init(
        _ name: String,
        blocking blocked: Firewall.Rule?,
        by transport: String = "all",
        settings: [String: String] = [:],
        options: [String] = [],
        seconds: Int = 6,
        meanwhile: (Stage, inout CoturnServer, Firewall) async throws -> Void = { _, _, _ in }
    ) async throws {
        self = try await Stage.run(name, on: .relay) { stage in
            var turn = try await CoturnServer(on: stage, options: options)
            try await stage.startSkyWay(CoturnServer.namedBySkyWay)
            let settings = turn.settings(transport).merging(settings) { $1 }
            let gateway = try await stage.startGateway(settings: settings)
            let firewall = Firewall(on: stage)
            if let blocked { try await firewall.raise(blocked) }
            let sink = stage.peer(
                "consume_whep.py",
                ["\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2", "--seconds", "\(seconds)"],
                in: .viewer
            )
            let source = TestPublisher.libdatachannel.start(on: stage, channel: "stage", seconds: seconds + 30)
            try await source.event(TestPublisher.libdatachannel.begins, within: .seconds(40))
            try await meanwhile(stage, &turn, firewall)
            let received = try await sink.result(SinkResult.self, within: .seconds(seconds + 60))
            source.process.send(SIGTERM)
            _ = try await source.result(PublisherResult.self, within: .seconds(15))
            return Self(received, gateway.process.errors.lines())
        }
    }

    private init(_ sink: SinkResult, _ log: [String]) {
        self.sink = sink
        self.log = log
        func values(_ message: String, _ key: String) -> [String] {
            log.filter { $0.contains(message) }.compactMap { line in
                line.split(separator: " ").first { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) }
            }
        }
        paths = values("Path to the SFU", "transport")
        servers = values("TURN server in use", "turn.server")
    }

    var gap: Int { sink.streams.map(\.largestGapMilliseconds).max() ?? .max }

    /// Checks that nothing of the picture is missing.
    func expectDelivery() {
        #expect(sink.video.ratio >= 0.99, "missing: \(sink.video.missing ?? [])")
        #expect(sink.streams.count == 2)
        #expect(gap <= 500)
    }

    func report(_ what: String) {
        let frames = "\(sink.video.distinct)/\(sink.video.expected)"
        print("TURN \(what): \(frames), gap \(gap) ms, paths \(paths), servers \(servers)")
    }
}

extension EndToEnd {
    /// The way to the SFU where that is blocked, with coturn in a namespace of its own.
    @Suite("Ways to the SFU")
    struct TurnTests {
        @Test(
            "Where nothing gets to the SFU, each way to a TURN server carries a broadcast",
            arguments: ["udp", "tcp", "tls"]
        )
        func relayed(transport: String) async throws {
            let run = try await TurnRun("turn-\(transport)", blocking: .media(["udp", "tcp"]), by: transport)
            run.expectDelivery()
            #expect(run.paths == ["relayed"])
            let scheme = transport == "tls" ? "turns" : "turn"
            let expected = "\(scheme):\(Namespaces.turnAddress):3478?transport=\(transport == "udp" ? "udp" : "tcp")"
            #expect(run.servers == [expected])
            run.report("by \(transport)")
        }

        @Test("Where UDP alone is blocked, the SFU is reached by TCP, and no TURN server is asked")
        func stream() async throws {
            let run = try await TurnRun("turn-none", blocking: .media(["udp"]))
            run.expectDelivery()
            #expect(run.paths == ["tcp"] && run.servers.isEmpty)
            run.report("not needed")
        }
    }
}

/// Not within `EndToEnd`, whose tests may take five minutes.
@Suite(
    "Ways to the SFU, at length",
    .serialized,
    .timeLimit(.minutes(30)),
    .enabled(if: Machine.takesPart, Machine.complaint),
    .enabled(if: LongPart.turn.isWanted, LongPart.turn.complaint)
)
struct TurnLengthTests {
    @Test("An allocation of 20 s is refreshed for as long as the broadcast lasts", arguments: ["udp", "tls"])
    func refreshed(transport: String) async throws {
        let run = try await TurnRun(
            "turn-refresh-\(transport)",
            blocking: .media(["udp", "tcp"]),
            by: transport,
            options: ["--max-allocate-lifetime", "20"],
            seconds: 70
        )
        run.expectDelivery()
        #expect(run.servers.count == 1)
        run.report("refreshed by \(transport)")
    }

    @Test(
        "A TURN server that is killed and started again 4 s later has the picture back",
        arguments: ["udp", "tcp", "tls"]
    )
    func killed(transport: String) async throws {
        let run = try await TurnRun(
            "turn-killed-\(transport)",
            blocking: .media(["udp", "tcp"]),
            by: transport,
            seconds: 30
        ) { _, turn, _ in
            try await Task.sleep(for: .seconds(8))
            try await turn.kill()
            try await Task.sleep(for: .seconds(4))
            try await turn.restart()
        }
        #expect(run.servers.count >= 2)
        // 4 s without a server; what is over is the search for a new one.
        #expect(run.gap <= 4_000 + 3_000 + 1_000)
        run.report("killed, by \(transport)")
    }

    @Test("Where UDP is let through again it is taken without a break, and blocked again the rest serves")
    func better() async throws {
        let run = try await TurnRun("turn-better", blocking: .media(["udp", "tcp"]), seconds: 40) { _, _, firewall in
            try await Task.sleep(for: .seconds(8))
            try await firewall.lower()
            try await Task.sleep(for: .seconds(12))
            try await firewall.raise(.media(["udp"]))
        }
        #expect(run.paths.first == "relayed" && run.paths.contains("udp") && run.paths.last != "udp")
        // Silence is known after 3 s.
        #expect(run.gap <= 4_500)
        run.report("and better")
    }

    @Test("A TURN server whose certificate nobody trusts is not used by TLS, and the log says why")
    func untrusted() async throws {
        let run = try await TurnRun(
            "turn-untrusted",
            blocking: .media(["udp"]),
            by: "tls",
            settings: ["SKYWAY_TURN_CA": "", "SKYWAY_TURN_POLICY": "enable"],
            seconds: 10
        ) { _, _, firewall in
            try await Task.sleep(for: .seconds(2))
            try await firewall.lower()
            try await firewall.raise(.media(["udp", "tcp"]))
            try await Task.sleep(for: .seconds(6))
            try await firewall.lower()
        }
        #expect(run.servers.isEmpty)
        #expect(run.log.contains { $0.contains("TLS with the TURN server failed") })
    }

    @Test("With turnOnly nothing goes straight, though it could; with disable nothing goes by TURN")
    func policies() async throws {
        let only = try await TurnRun("turn-only", blocking: nil, settings: ["SKYWAY_TURN_POLICY": "turnOnly"])
        only.expectDelivery()
        #expect(only.paths == ["relayed"])
        only.report("only")
        let forced = try await TurnRun("turn-force-tcp", blocking: nil, settings: ["SKYWAY_FORCE_TCP": "true"])
        forced.expectDelivery()
        #expect(forced.paths == ["tcp"])
        forced.report("with forceTCP")
    }
}
