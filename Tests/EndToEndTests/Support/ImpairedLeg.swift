// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One leg of the stage made a bad one by `impair.py`: at first 5 % of the datagrams of each direction lost, 50 ms there
/// and back.
struct ImpairedLeg {
    /// The two legs, by the end that is not the gateway.
    enum Leg: String, CaseIterable {
        case publisher
        case viewer
    }

    /// How bad it is, each way.
    struct Conditions: Hashable {
        /// Percent of the datagrams.
        var loss = 5
        /// How many are lost in a row on average; 1 by chance.
        var burst = 1
        /// Milliseconds there and back.
        var roundTrip = 50
        /// Milliseconds that a datagram may be late beyond that, each way.
        var jitter = 0

        fileprivate var arguments: [String] {
            ["--loss", "\(loss)", "--delay", "\(Double(roundTrip) / 2)", "--jitter", "\(jitter)"]
                + (burst > 1 ? ["--burst", "\(burst)"] : [])
        }
    }

    /// What one direction went through.
    struct Direction: Decodable {
        /// The datagrams that went in, those that the kernel saw come out, and those of them that it lost.
        let carried: Int
        let arrived: Int
        let lost: Int
        /// Requests for retransmission, and feedback that is taken for one, that were lost on purpose.
        let nacks: Int
        /// The bytes of the largest packet.
        let largest: Int
        /// The milliseconds that a packet was late beyond its delay.
        let latest: Double

        /// The share that was lost by chance.
        var lossRatio: Double { Double(lost) / Double(max(1, arrived - nacks)) }
    }

    private struct Summary: Decodable {
        let toGateway: Direction
        let toPublisher: Direction?
        let toViewer: Direction?
    }

    /// Both directions of a leg.
    struct Report {
        let toGateway: Direction
        let fromGateway: Direction

        var directions: [Direction] { [toGateway, fromGateway] }
    }

    private let process: PeerProcess

    /// Impairs a leg from now on.
    init(
        _ leg: Leg,
        on stage: Stage,
        _ conditions: Conditions = Conditions(),
        losesNACKs: Bool = false
    ) async throws {
        process = stage.peer(
            "impair.py",
            [Namespaces.owner, leg.rawValue] + conditions.arguments + (losesNACKs ? ["--without-nack"] : []),
            in: .gateway,
            as: "impair-\(leg.rawValue)"
        )
        try await process.event("impaired", within: .seconds(10))
    }

    /// Ends it.
    func end() async throws -> Report {
        process.process.send(SIGTERM)
        let summary = try await process.result(Summary.self, within: .seconds(5))
        guard let away = summary.toPublisher ?? summary.toViewer else { throw StageError("one direction is missing") }
        return Report(toGateway: summary.toGateway, fromGateway: away)
    }
}
