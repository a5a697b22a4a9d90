// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A broadcast over a bad leg, measured at the SFU's consumer.
///
/// The consumer is in the SFU's namespace, so nothing is lost between them. A frame counts when its number is read from
/// the decoded picture, and that takes all of its packets and those of the frames before it.
struct LossRun {
    let publisher: PublisherCase
    let leg: ImpairedLeg.Leg
    /// Whether requests for retransmission get through, and what is taken for one; on the way in they are not even
    /// negotiated otherwise.
    var recovers = true
    var conditions = ImpairedLeg.Conditions()
    var seconds = 30
    /// Whether the leg is good until the first picture: where handshakes fail, the gateway goes by TCP, which nothing
    /// is lost of here.
    var beginsWell = false

    /// What was measured.
    struct Outcome {
        let sink: SinkResult
        let link: ImpairedLeg.Report
        /// What the publisher says of its picture's stream, where it is asked.
        var sender: SentStreams.Stream?
    }

    private var name: String {
        let cell = conditions == ImpairedLeg.Conditions() ? "" : "-\(conditions.name)"
        return "loss-\(leg.rawValue)-\(publisher.stage)\(cell)\(recovers ? "" : "-unmended")"
    }

    func outcome() async throws -> Outcome {
        let outcome = try await Stage.run(name) { stage in
            func impair() async throws -> ImpairedLeg {
                try await ImpairedLeg(leg, on: stage, conditions, losesNACKs: !recovers && leg == .viewer)
            }
            var impaired = beginsWell ? nil : try await impair()
            try await stage.startSkyWay()
            try await stage.startGateway()
            let sink = stage.peer(
                "consume_whep.py",
                [
                    "\(Stage.skyWayURL)/whep/stage", "--wait", "40", "--retry", "0.2",
                    "--seconds", String(seconds),
                ],
                in: .viewer
            )
            let source = publisher.start(on: stage, channel: "stage", seconds: seconds + 15)
            if beginsWell {
                try await sink.event("firstPicture", within: .seconds(40))
                impaired = try await impair()
            }
            let received = try await sink.result(SinkResult.self, within: .seconds(seconds + 60))
            let report = try await #require(impaired).end()
            source.process.send(SIGTERM)
            guard publisher.implementation == .wrtc else { return Outcome(sink: received, link: report) }
            let sent = try await source.result(SentStreams.self, within: .seconds(10))
            return Outcome(sink: received, link: report, sender: sent.statistics.first { $0.kind == "video" })
        }
        print(report(outcome))
        return outcome
    }

    private func report(_ outcome: Outcome) -> String {
        let (video, link) = (outcome.sink.video, outcome.link)
        let lost = link.directions.map { "\($0.lost)/\($0.arrived)" }.joined(separator: " and ")
        return """
            LOSS \(publisher.testDescription), \(leg.rawValue)'s leg\(recovers ? "" : ", not mended"): \
            \(video.distinct)/\(video.expected) frames (\(video.ratio)), gap \(video.largestGapMilliseconds ?? 0) ms; \
            datagrams lost \(lost) to and from the gateway, NACKs lost \(link.directions.map(\.nacks)), \
            late by \(link.directions.map(\.latest)) ms
            """
    }
}

extension LossRun {
    /// The heads of the table of cells.
    static let tableHead = """
        | leg | loss | RTT | jitter | frames at the consumer | longest freeze | datagrams lost | sent again by the publisher | \
        key frames asked of it |
        |---|---|---|---|---|---|---|---|---|
        """

    /// An outcome as a row of the table.
    func row(_ outcome: Outcome) -> String {
        let cells: [String] = [
            leg.rawValue, "\(conditions.loss) %\(conditions.burst > 1 ? " in bursts" : "")",
            "\(conditions.roundTrip) ms", "\(conditions.jitter) ms",
            "\((outcome.sink.video.ratio * 1_000).rounded() / 10) %",
            "\(outcome.sink.video.largestGapMilliseconds ?? 0) ms", "\(outcome.lost)",
            outcome.sender?.resent.map { "\($0)" } ?? "–", outcome.sender?.keyFrameRequests.map { "\($0)" } ?? "–",
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }
}

extension ImpairedLeg.Conditions {
    /// A name for the stage.
    fileprivate var name: String { "\(loss)-\(burst)-\(roundTrip)-\(jitter)" }
}

extension LossRun.Outcome {
    /// Checks that the leg was as bad as it was to be: each datagram crossed by itself, and 5 % of them were lost.
    func expectBadLeg(loses percent: Int = 5) {
        for direction in link.directions {
            // Some are still on the way at the end.
            #expect(abs(direction.carried - direction.arrived) <= 2)
            #expect(direction.largest <= 1500)
        }
        let ordinary = arrived - link.directions.reduce(0) { $0 + $1.nacks }
        #expect(ordinary >= 500)
        let share = Double(lost) / Double(max(1, ordinary))
        #expect((0.4...1.8).contains(share / (Double(percent) / 100)), "\(share)")
    }

    /// The datagrams that came to the leg, both ways, and those of them that it lost.
    private var arrived: Int { link.directions.reduce(0) { $0 + $1.arrived } }
    fileprivate var lost: Int { link.directions.reduce(0) { $0 + $1.lost } }

    /// The percentage of datagrams that the leg has lost; losses in bursts are more or fewer by chance.
    private var lostPercentage: Double { 100 * Double(lost) / Double(max(1, arrived)) }

    /// Checks that the consumer saw next to nothing of the loss.
    func expectMended(over seconds: Int) {
        #expect(sink.video.expected >= seconds * 15 * 9 / 10)
        #expect(sink.video.ratio >= 0.99, "missing: \(sink.video.missing ?? [])")
        #expect(sink.video.largestGapMilliseconds.map { $0 <= 500 } == true)
    }

    /// Checks that the consumer got what it is to get at so much loss and such a round trip; where the leg has lost far
    /// more by chance than it was to, at what it has lost.
    func expectDelivered(_ conditions: ImpairedLeg.Conditions, over seconds: Int) {
        #expect(sink.video.expected >= seconds * 15 * 9 / 10)
        let gap = sink.video.largestGapMilliseconds ?? .max
        let planned = Double(conditions.loss)
        let loss = lostPercentage > 1.4 * planned ? lostPercentage : planned
        switch (loss, conditions.roundTrip) {
        case (...5, ...50): #expect(sink.video.ratio >= 0.99 && gap <= 500)
        case (...10, _): #expect(sink.video.ratio >= 0.97)
        default: #expect(gap <= 2_000)
        }
    }

    /// Checks that the consumer saw the loss.
    ///
    /// What a publisher does not send again is replaced by key frames soon; what the SFU can't ask for stands still until
    /// its viewer asks.
    func expectBroken(on leg: ImpairedLeg.Leg) {
        #expect(sink.video.ratio < 0.95)
        if leg == .viewer { #expect(sink.video.largestGapMilliseconds.map { $0 > 500 } == true) }
    }
}
