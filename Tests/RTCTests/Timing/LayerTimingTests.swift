// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Clocks of layers")
struct LayerTimingTests {
    private static let milliseconds: Int64 = 1_000_000

    /// Three layers of a picture, of which the larger ones take longer, and their sound.
    private func broadcast(
        seed: UInt64,
        timestamps: [UInt32?] = [nil, nil, nil],
        reports: [TimedBroadcast.Reports] = [.sane, .sane, .sane]
    ) -> TimedBroadcast {
        var broadcast = TimedBroadcast(seed: seed, skew: 50e-6)
        broadcast.jitter = 15_000_000
        for (layer, encoding) in [30, 60, 120].enumerated() {
            broadcast.add(
                .video,
                track: 0,
                interval: 33_366_667,
                encoding: Int64(encoding) * Self.milliseconds,
                reports: reports[layer],
                timestamp: timestamps[layer]
            )
        }
        broadcast.add(.audio, track: 1, interval: 20_000_000, encoding: 10_000_000, reports: reports[0])
        return broadcast
    }

    /// By how much the shift between two layers is wrong, in milliseconds.
    private func error(_ broadcast: TimedBroadcast, from: Int, to: Int) throws -> Double {
        let (measure, other) = (broadcast.streams[from], broadcast.streams[to])
        let truth = measure.timestamp(at: broadcast.now) &- other.timestamp(at: broadcast.now)
        let shift = try #require(broadcast.clock.shift(from: from, to: to))
        return Double(Int32(bitPattern: shift &- truth)) / 90
    }

    @Test("where each layer is reported on, they are laid on each other to 5 ms, whatever the network does")
    func reported() throws {
        for seed in 0..<20 as Range<UInt64> {
            var broadcast = broadcast(seed: seed)
            broadcast.run(for: 5 * TimedBroadcast.second)
            for _ in 0..<20 {
                broadcast.run(for: TimedBroadcast.second)
                for (from, to) in [(0, 1), (1, 2), (2, 0)] {
                    #expect(try abs(error(broadcast, from: from, to: to)) <= 5)
                }
                let lateness = (0..<4).map { broadcast.lateness($0) }
                #expect(lateness.allSatisfy { abs($0 - lateness[0]) <= 5 }, "\(lateness)")
            }
        }
    }

    @Test(
        "layers that count from one beginning are taken for what they are from the first packet on: one report is enough"
    )
    func alike() throws {
        for reports in [[.sane, .none, .none], [.none, .none, .none]] as [[TimedBroadcast.Reports]] {
            var broadcast = broadcast(seed: 9, timestamps: [0, 0, 0], reports: reports)
            for _ in 0..<30 {
                broadcast.run(for: TimedBroadcast.second)
                for (from, to) in [(0, 1), (1, 2), (2, 0)] {
                    #expect(try #require(broadcast.clock.shift(from: from, to: to)) == 0)
                }
                guard broadcast.now > 15 * TimedBroadcast.second else { continue }
                let lateness = (0..<3).map { broadcast.lateness($0) }
                #expect(lateness.allSatisfy { abs($0 - lateness[0]) <= 2 }, "\(lateness)")
            }
            #expect(broadcast.clock.followsReports == (reports[0] == .sane))
        }
    }

    @Test("without reports others are laid on each other by their earliest arrivals")
    func arrivals() throws {
        var broadcast = broadcast(seed: 10, reports: [.none, .none, .none])
        broadcast.run(for: 30 * TimedBroadcast.second)
        // The encoders' times can't be told apart from the timestamps.
        #expect(try abs(error(broadcast, from: 0, to: 1) - 30) <= 5)
        #expect(try abs(error(broadcast, from: 0, to: 2) - 90) <= 5)
    }
}
