// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@testable import RTCDriver

/// One cell of the matrix of losses: how bad which leg is, both ways.
struct LossCell: Hashable {
    /// The leg that is bad; the other one loses nothing and takes 10 ms there and back.
    enum Leg: String, CaseIterable, CustomTestStringConvertible {
        case publisher = "publisher → gateway"
        case far = "gateway → SFU"

        var testDescription: String { rawValue }
    }

    /// How losses come.
    enum Pattern: String, CaseIterable {
        case random
        /// By the model of Gilbert and Elliott, four datagrams in a row on average.
        case bursty
    }

    let leg: Leg
    /// Percent of the datagrams of each direction.
    let loss: Int
    let pattern: Pattern
    /// Milliseconds there and back.
    let roundTrip: Int
    /// Whether datagrams are late by up to a fifth of the way, and 2 % of them overtaken by up to four others.
    let isUneven: Bool

    static func all(on leg: Leg) -> [LossCell] {
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

    /// What the leg does while it is measured.
    var conditions: NetworkConditions {
        let share = Double(loss) / 100
        return NetworkConditions(
            loss: pattern == .random ? share : 0,
            reordering: isUneven ? 0.02 : 0,
            reorderingDepth: 4,
            reorderingTime: .milliseconds(20),
            delay: delay,
            jitter: isUneven ? delay / 5 : .zero,
            bursts: pattern == .bursty ? BurstLoss(meanLoss: share, meanLength: 4) : nil
        )
    }

    private var delay: Duration { .milliseconds(roundTrip) / 2 }

    /// Carries a picture over the leg.
    ///
    /// - Parameters:
    ///   - duration: for how long it is measured.
    ///   - publisher: how the publisher sends packets again.
    ///   - keyFrames: when it makes key frames.
    ///   - seed: decides what is lost.
    /// - Returns: what the viewer got.
    /// - Throws: what the sessions throw.
    func outcome(
        over duration: Duration = .seconds(10),
        publisher: ChainPlan.Publisher = .browser,
        _ keyFrames: FrameSource.KeyFrames = .onRequest,
        seed: UInt64 = 1
    ) throws -> LossOutcome {
        try outcomes(ChainPlan(publisher: publisher), over: duration, keyFrames, seed: seed)[0]
    }

    /// Carries the layers of a picture over the leg, each to a viewer of its own.
    ///
    /// - Parameters:
    ///   - plan: what the sessions agree on.
    ///   - duration: for how long it is measured.
    ///   - keyFrames: when the publisher makes key frames.
    ///   - seed: decides what is lost.
    /// - Returns: what the viewer of each layer got, the lowest one first.
    /// - Throws: what the sessions throw.
    func outcomes(
        _ plan: ChainPlan,
        over duration: Duration = .seconds(10),
        _ keyFrames: FrameSource.KeyFrames = .onRequest,
        seed: UInt64 = 1
    ) throws -> [LossOutcome] {
        let chain = try SimulatedChain(
            plan,
            publisherDelay: leg == .publisher ? delay : .milliseconds(5),
            farDelay: leg == .far ? delay : .milliseconds(5),
            seed: seed
        )
        let impaired = leg == .publisher ? chain.publisherLeg : chain.farLeg
        var viewers: [ChainViewer] = []
        for layer in 0..<plan.layers { viewers.append(try chain.addViewer(layer: layer)) }
        chain.publish(keyFrames)
        // Until the SFU has gone over to each viewer's layer.
        chain.run(for: .seconds(plan.layers == 1 ? 1 : 3))
        let before = (frame: chain.frameCount, asked: chain.layerRequests.map(\.count))
        impaired.impair(conditions)
        chain.run(for: duration)
        let end = chain.frameCount
        // The last ones still need their time, on the leg as it was.
        chain.run(for: .seconds(2))
        let asked = zip(chain.layerRequests, before.asked).map { $0.count - $1 }
        let lost = impaired.lost
        impaired.impair(NetworkConditions(delay: delay))
        chain.run(for: .seconds(2))
        let told = chain.egress.peer.session.outgoingStreams.map(\.lost)
        return viewers.enumerated().map { layer, viewer in
            LossOutcome(
                cell: self,
                frames: before.frame..<end,
                log: viewer.log,
                datagramsLost: lost,
                resent: leg == .publisher
                    ? chain.publisher.session.statistics.retransmissionsSent
                    : chain.egress.peer.session.statistics.retransmissionsSent,
                toldLost: layer < told.count ? told[layer] : 0,
                keyFrameRequests: asked[layer],
                requestMoments: chain.layerRequests[layer],
                lastFrame: chain.frameCount - 1
            )
        }
    }
}

/// What came of a cell.
struct LossOutcome {
    let cell: LossCell
    /// The frames that were made while the leg was bad.
    let frames: Range<Int>
    let log: FrameLog
    /// Datagrams lost on the leg, both ways.
    let datagramsLost: Int
    /// Packets sent again over the leg.
    let resent: UInt64
    /// Packets that the SFU said it missed: those of the first sending, of which most came again.
    let toldLost: Int64
    /// Key frames asked of the publisher while the leg was bad, and when all of them were.
    let keyFrameRequests: Int
    let requestMoments: [MonotonicTime]
    /// The last frame that was made, on a leg that had got well again.
    let lastFrame: Int

    /// The part of the frames that came with all their packets.
    var completeShare: Double { Double(log.completeCount(in: frames)) / Double(frames.count) }

    /// The longest time in which the viewer could show nothing new.
    var longestFreeze: Duration { log.longestFreeze(in: frames) }

    /// Both as tables have them.
    var completePercent: Double { (completeShare * 1_000).rounded() / 10 }
    var longestFreezeMilliseconds: Int { Int(longestFreeze.inSeconds * 1_000) }

    /// The least time between two requests for a key frame.
    var shortestRequestInterval: Duration? {
        zip(requestMoments, requestMoments.dropFirst()).map { $1 - $0 }.min()
    }

    /// Whether the viewer shows what is sent at the end.
    var goesOn: Bool { log.shown.last.map { $0.number >= lastFrame - 6 } ?? false }

    /// Checks that frames were made, that what was to be lost was lost, that the viewer goes on, and that no key frame is
    /// asked sooner than half a second after another.
    func expectSound() {
        let row = Comment(rawValue: row)
        #expect(frames.count >= 299)
        #expect((datagramsLost > 0) == (cell.loss > 0), row)
        #expect(goesOn, row)
        if let interval = shortestRequestInterval { #expect(interval >= .milliseconds(500), row) }
    }

    static let head = """
        | leg | loss | pattern | RTT | jitter | frames complete | longest freeze | datagrams lost | sent again | \
        told lost to the SFU | key frames asked |
        |---|---|---|---|---|---|---|---|---|---|---|
        """

    /// The outcome as a row of a table.
    var row: String {
        let cells: [String] = [
            cell.leg.rawValue, "\(cell.loss) %", cell.pattern.rawValue, "\(cell.roundTrip) ms",
            cell.isUneven ? "and reordering" : "–", "\(completePercent) %", "\(longestFreezeMilliseconds) ms",
            "\(datagramsLost)", "\(resent)", "\(toldLost)", "\(keyFrameRequests)",
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }
}
