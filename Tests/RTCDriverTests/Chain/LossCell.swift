// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting

@testable import RTCDriver

/// One cell of the matrix: a leg that is so bad.
struct LossCell: Hashable {
    enum Leg: String, CaseIterable {
        case publisher
        case far
    }

    enum Pattern: String, CaseIterable {
        case random
        /// Bursts of four datagrams on average.
        case bursty
    }

    let leg: Leg
    /// Percent of the datagrams of each direction.
    let loss: Int
    let pattern: Pattern
    /// Milliseconds there and back.
    let roundTrip: Int
    /// Whether datagrams are late by up to a fifth of the way, and 2 % of them overtaken by up to four.
    let isUneven: Bool

    static let all: [LossCell] = Leg.allCases.flatMap { leg in
        [0, 1, 5, 10, 20].flatMap { loss in
            (loss == 0 ? [.random] : Pattern.allCases).flatMap { pattern in
                [10, 50, 150].flatMap { roundTrip in
                    [false, true].map { isUneven in
                        LossCell(leg: leg, loss: loss, pattern: pattern, roundTrip: roundTrip, isUneven: isUneven)
                    }
                }
            }
        }
    }

    private var delay: Duration { .milliseconds(roundTrip) / 2 }

    private var conditions: NetworkConditions {
        let share = Double(loss) / 100
        return NetworkConditions(
            loss: pattern == .random ? share : 0,
            reordering: isUneven ? 0.02 : 0,
            reorderingDepth: 4,
            reorderingTime: .milliseconds(20),
            delay: delay,
            jitter: isUneven ? delay / 5 : .zero,
            bursts: pattern == .bursty && loss > 0 ? BurstLoss(meanLoss: share, meanLength: 4) : nil
        )
    }

    /// What was measured.
    struct Outcome {
        let cell: LossCell
        let sent: Int
        let complete: Int
        let shown: Int
        let longestFreeze: Duration
        let packetsLost: Int
        let requested: UInt64
        let sentAgain: UInt64
        let toldLost: Int64
        let keyFrameRequests: Int
        let shortestRequestInterval: Duration?
        let goesOn: Bool
    }

    private static let clean: Duration = .milliseconds(500)

    func outcome(seconds: Int = 10, publisher: ChainPlan.Publisher = .browser, _ keyFrames: FrameSource.KeyFrames = .onRequest, seed: UInt64 = 1) throws -> Outcome {
        let other: Duration = .milliseconds(5)
        let chain = try SimulatedChain(
            ChainPlan(publisher: publisher),
            publisherDelay: leg == .publisher ? delay : other,
            farDelay: leg == .far ? delay : other,
            seed: seed
        )
        let viewer = try chain.addViewer()
        chain.publish(keyFrames)
        chain.run(for: Self.clean)
        let impaired = leg == .publisher ? chain.publisherLeg : chain.farLeg
        let first = chain.source?.number ?? 0
        let asked = chain.keyFrameRequests.count
        impaired.impair(conditions)
        chain.run(for: .seconds(seconds))
        let end = chain.source?.number ?? 0
        // The last ones still need their time, on the leg as it was.
        chain.run(for: .seconds(2))
        let stillAsked = chain.keyFrameRequests.count
        let lost = impaired.lost
        impaired.impair(NetworkConditions(delay: delay))
        chain.run(for: .seconds(2))
        let last = (chain.source?.number ?? 0) - 15
        let frames = first..<end
        let requests = chain.keyFrameRequests
        return Outcome(
            cell: self,
            sent: frames.count,
            complete: viewer.log.completeCount(in: frames),
            shown: viewer.log.shownCount(in: frames),
            longestFreeze: viewer.log.longestFreeze(in: frames),
            packetsLost: lost,
            requested: (leg == .publisher ? chain.ingest : chain.producer).peer.session.statistics.packetsRequested,
            sentAgain: leg == .publisher
                ? chain.publisher.session.statistics.retransmissionsSent
                : chain.egress.peer.session.statistics.retransmissionsSent,
            toldLost: chain.egress.peer.session.outgoingStreams.first?.lost ?? 0,
            keyFrameRequests: stillAsked - asked,
            shortestRequestInterval: zip(requests, requests.dropFirst()).map { $1 - $0 }.min(),
            goesOn: viewer.log.shown.last.map { $0.number >= last } ?? false
        )
    }
}

extension LossCell.Outcome {
    var row: String {
        let cells: [String] = [
            cell.leg.rawValue, "\(cell.loss) %", cell.pattern.rawValue, "\(cell.roundTrip) ms",
            cell.isUneven ? "yes" : "no",
            "\(complete)/\(shown)/\(sent)", "\(Int(longestFreeze.inSeconds * 1000)) ms", "\(packetsLost)", "\(requested)", "\(sentAgain)",
            "\(toldLost)", "\(keyFrameRequests)", "\(shortestRequestInterval.map { "\($0.inSeconds)" } ?? "-")", "\(goesOn)",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
