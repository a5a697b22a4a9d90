// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A broadcast over a way to the SFU that is capped by `cap.py` at half of what flows, and lifted again.
struct CongestionRun {
    let publisher: PublisherCase
    /// How long the way is capped, and after how much of that it is measured.
    var capped = 30
    var leave = 10

    /// What `cap.py` tells.
    struct Cap: Decodable {
        struct Delays: Decodable {
            let median: Double
            let percentile95: Double
            let longest: Double
        }

        struct Drops: Decodable {
            let all: Int
            let late: Int
        }

        let before: Int
        let cap: Int
        let capped: Int
        let delays: Delays
        let drops: Drops
        let returned: Double?
        let rates: [Int]

        /// What crossed, as a share of the cap.
        var share: Double { Double(capped) / Double(max(1, cap)) }
    }

    /// What was measured.
    struct Outcome {
        let cap: Cap
        let sink: SinkResult
        /// What the gateway said.
        let said: [String]
    }

    func outcome() async throws -> Outcome {
        let outcome = try await Stage.run("congestion-\(publisher.stage)") { stage in
            try await stage.startSkyWay()
            let gateway = try await stage.startGateway()
            let whole = 10 + capped + 30
            let source = publisher.start(on: stage, channel: "stage", seconds: whole + 20)
            let sink = stage.peer(
                "consume_whep.py",
                [
                    "\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2",
                    "--seconds", String(whole + 20),
                ],
                in: .viewer
            )
            try await sink.event("firstPicture", within: .seconds(40))
            let cap = stage.peer(
                "cap.py",
                [Namespaces.owner, "--capped", String(capped), "--leave", String(leave)],
                in: .gateway
            )
            let crossed = try await cap.result(Cap.self, within: .seconds(whole + 25))
            sink.process.send(SIGTERM)
            let received = try await sink.result(SinkResult.self, within: .seconds(15))
            source.process.send(SIGTERM)
            _ = try await source.result(PublisherResult.self, within: .seconds(15))
            return Outcome(
                cap: crossed,
                sink: received,
                said: gateway.process.output.lines() + gateway.process.errors.lines()
            )
        }
        print(report(outcome))
        return outcome
    }

    private func report(_ outcome: Outcome) -> String {
        let (cap, sink) = (outcome.cap, outcome.sink)
        return """
            CONGESTION \(publisher.testDescription): \(cap.before / 1_000) kbit/s, capped at \(cap.cap / 1_000): \
            \(cap.capped / 1_000) (\(Int(cap.share * 100)) %), delay \(cap.delays.median)/\(cap.delays.percentile95)/\
            \(cap.delays.longest) ms, drops \(cap.drops.all)/\(cap.drops.late), back after \(cap.returned ?? -1) s; \
            frames \(sink.video.distinct)/\(sink.video.expected), gap \(sink.video.largestGapMilliseconds ?? 0) ms, \
            tone \(sink.tone.ratio), streams \(sink.streams.map { "\($0.payloadType): \($0.lost)/\($0.packets)" }), \
            each second \(cap.rates)
            """
    }
}

extension CongestionRun.Outcome {
    /// Checks that the publisher sends what fits, and no more.
    ///
    /// - Parameter least: the share of the cap that is to be used; of layers, what those that are left make of it.
    func expectHeeded(least: Double = 0.65) {
        #expect((least...1.01).contains(cap.share))
        #expect(cap.delays.percentile95 <= 200)
        #expect(cap.returned.map { $0 <= 30 } == true)
        #expect(says("carries less than is published"))
    }

    /// Checks that sound stayed whole while the publisher went on as before.
    func expectWholeSound() {
        let sound = sink.streams.min { $0.payloadType < $1.payloadType }
        let shares = sink.streams.map { Double($0.lost) / Double(max(1, $0.packets)) }
        #expect(sound != nil && shares.min().map { $0 <= 0.002 } == true)
        #expect(sink.tone.ratio >= 0.97)
        #expect(cap.delays.percentile95 <= 200)
        #expect(cap.returned.map { $0 <= 30 } == true)
        #expect(says("Pictures are left out"))
    }

    /// Whether the gateway said something.
    func says(_ text: String) -> Bool { said.contains { $0.contains(text) } }
}
