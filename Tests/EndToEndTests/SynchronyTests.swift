// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Sound and picture")
    struct SynchronyTests {
        @Test("A viewer sees a flash and hears its beep as over a direct connection, also when the publisher came back")
        func direct() async throws {
            try await SynchronyRun(flashes: 12, returns: 1).expectSynchrony()
        }
    }
}

/// Not within `EndToEnd`, whose tests may take five minutes.
@Suite(
    "Sound and picture, at length",
    .serialized,
    .timeLimit(.minutes(15)),
    .enabled(if: Machine.takesPart, Machine.complaint),
    .enabled(if: LongPart.timing.isWanted, LongPart.timing.complaint)
)
struct SynchronyLengthTests {
    @Test("Over minutes, and when the publisher comes back time after time")
    func long() async throws {
        try await SynchronyRun(flashes: 60, returns: 4).expectSynchrony()
    }

    @Test("Where a leg loses 5 % and takes 50 ms", arguments: [ImpairedLeg.Leg.viewer])
    func impaired(_ leg: ImpairedLeg.Leg) async throws {
        try await SynchronyRun(flashes: 30, returns: 2, impaired: leg).expectSynchrony()
    }
}

/// A page that publishes flashes and beeps and watches them, directly and through everything (`compare_synchrony.py`).
private struct SynchronyRun {
    /// By how much sound is late, in milliseconds: the medians of some flashes.
    struct Measurement: Decodable {
        let flashes: Int
        let direct: Double
        let viewer: Double
        let difference: Double
    }

    private struct Result: Decodable {
        let measurements: [Measurement]
    }

    private static let token = "a-key-of-these-tests"

    private let measurements: [Measurement]
    private let expected: (count: Int, flashes: Int)

    init(flashes: Int, returns: Int, impaired leg: ImpairedLeg.Leg? = nil) async throws {
        expected = (returns + 1, flashes)
        measurements = try await Stage.run("synchrony\(leg.map { "-\($0.rawValue)" } ?? "")-\(flashes)") { stage in
            try await stage.startSkyWay()
            try await stage.startGateway(settings: [
                "GATEWAY_BEARER_TOKEN": Self.token, "GATEWAY_TAKEOVER": "replace",
            ])
            let impaired: ImpairedLeg? = if let leg { try await ImpairedLeg(leg, on: stage) } else { nil }
            let page = stage.peer(
                "compare_synchrony.py",
                [
                    Stage.gatewayURL, "\(Stage.skyWayURL)/whep", "stage", "--flashes", "\(flashes)", "--returns",
                    "\(returns)", "--wait", "\(20 + flashes)", "--token", Self.token,
                ],
                in: .viewer
            )
            let limit = (returns + 1) * (2 * flashes + 40) + 60
            let result = try await page.result(Result.self, within: .seconds(limit))
            _ = try await impaired?.end()
            return result.measurements
        }
        for measurement in measurements {
            print(
                "SYNCHRONY of \(measurement.flashes) flashes: sound late by \(measurement.viewer) ms,",
                "directly by \(measurement.direct) ms"
            )
        }
    }

    func expectSynchrony() {
        #expect(measurements.count == expected.count)
        for measurement in measurements {
            #expect(measurement.flashes >= expected.flashes)
            #expect(abs(measurement.difference) <= 40)
        }
    }
}
