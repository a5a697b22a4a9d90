// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Clock of a publisher", .timeLimit(.minutes(5)))
struct PublisherClockTests {
    private static let hour = 3_600 * TimedBroadcast.second
    private static let milliseconds: Int64 = 1_000_000

    /// Sound and picture, whose encoder takes 150 ms longer.
    private func broadcast(
        seed: UInt64,
        skew: Double = 0,
        reports: TimedBroadcast.Reports = .sane,
        interval: Int64 = 40_000_000
    ) -> TimedBroadcast {
        var broadcast = TimedBroadcast(seed: seed, skew: skew)
        broadcast.add(.audio, track: 0, interval: interval, encoding: 20 * Self.milliseconds, reports: reports)
        broadcast.add(.video, track: 1, interval: interval, encoding: 170 * Self.milliseconds, reports: reports)
        return broadcast
    }

    @Test(
        "after a day of skewed clocks, wraps, stalls and jitter a viewer is told the truth to 5 ms",
        arguments: [(200e-6, .sane), (-200e-6, .sane), (-200e-6, .none)] as [(Double, TimedBroadcast.Reports)]
    )
    func day(skew: Double, reports: TimedBroadcast.Reports) {
        var broadcast = broadcast(seed: 1, skew: skew, reports: reports, interval: 500_000_000)
        broadcast.run(for: Self.hour / 60)
        let isReported = reports == .sane
        for _ in 0..<12 {
            broadcast.run(for: 2 * Self.hour)
            let (sound, picture) = (broadcast.lateness(0), broadcast.lateness(1))
            // What each takes at least is 30 ms of the path and the encoder.
            #expect(abs(sound - 50) <= 5, "sound by \(sound)")
            #expect(abs(picture - (isReported ? 50 : 200)) <= 5, "picture by \(picture)")
        }
        #expect(broadcast.streams.allSatisfy { !$0.goesBack && $0.largestStepError < 1 })
    }

    @Test("by reports sound and picture are in step whatever encoders take and the network does", arguments: 0..<20)
    func step(seed: UInt64) {
        var broadcast = broadcast(seed: seed, skew: 100e-6)
        broadcast.jitter = 20_000_000
        broadcast.run(for: 5 * TimedBroadcast.second)
        for _ in 0..<60 {
            broadcast.run(for: TimedBroadcast.second)
            #expect(abs(broadcast.lateness(0) - broadcast.lateness(1)) <= 5)
        }
        #expect(broadcast.clock.followsReports)
    }

    @Test(
        "what makes no sense is not followed",
        arguments: [.unset, .zero, .jumping, .fast] as [TimedBroadcast.Reports]
    )
    func nonsense(reports: TimedBroadcast.Reports) {
        var broadcast = broadcast(seed: 3, reports: reports)
        broadcast.run(for: 120 * TimedBroadcast.second)
        #expect(!broadcast.clock.followsReports)
        #expect(abs(broadcast.lateness(0) - 50) <= 5)
        #expect(abs(broadcast.lateness(1) - 200) <= 5)
        #expect(broadcast.streams.allSatisfy { $0.largestStepError < 1 })
    }

    @Test(
        "reports that begin to make no sense change nothing of what is known, and their return neither",
        arguments: [.none, .unset, .zero, .jumping, .fast] as [TimedBroadcast.Reports]
    )
    func change(reports: TimedBroadcast.Reports) {
        var broadcast = broadcast(seed: 4)
        for kind in [.sane, reports, .sane] {
            // One stream is enough to spoil it for both.
            broadcast.streams[1].reports = kind
            for _ in 0..<60 {
                broadcast.run(for: 2 * TimedBroadcast.second)
                guard broadcast.now > 30 * TimedBroadcast.second else { continue }
                #expect(abs(broadcast.lateness(0) - broadcast.lateness(1)) <= 5)
                #expect(abs(broadcast.lateness(0) - 50) <= 10)
            }
            #expect(broadcast.clock.followsReports == (kind == .sane))
        }
    }

    @Test(
        "the wall clock may count from anywhere",
        arguments: [1, 100 << 32, 0xFFFF_FFF0 << 32, 3_990_000_000 << 32] as [UInt64]
    )
    func base(wall: UInt64) {
        var broadcast = TimedBroadcast(seed: 5, skew: 0, wall: wall)
        broadcast.add(.audio, track: 0, interval: 20_000_000, encoding: 5_000_000)
        broadcast.add(.video, track: 1, interval: 33_000_000, encoding: 300_000_000)
        broadcast.run(for: 60 * TimedBroadcast.second)
        #expect(broadcast.clock.followsReports)
        #expect(abs(broadcast.lateness(0) - broadcast.lateness(1)) <= 3)
    }

    @Test("a publisher that comes back keeps sound and picture in step", arguments: 0..<10)
    func resume(seed: UInt64) {
        var broadcast = broadcast(seed: seed, skew: -150e-6)
        broadcast.run(for: 60 * TimedBroadcast.second)
        for pause in [2, 30, 7_200] as [Int64] {
            broadcast.comeBack(after: pause * TimedBroadcast.second)
            broadcast.run(for: 10 * TimedBroadcast.second)
            #expect(abs(broadcast.lateness(0) - broadcast.lateness(1)) <= 5)
            broadcast.run(for: 30 * TimedBroadcast.second)
            #expect(abs(broadcast.lateness(0) - 50) <= 5)
        }
        #expect(broadcast.streams.allSatisfy { !$0.goesBack })
    }

    @Test("timestamps that begin elsewhere, with their numbers or without, go on by the time that passed")
    func jumps() {
        var broadcast = broadcast(seed: 7, skew: 200e-6)
        broadcast.stall = 0
        broadcast.run(for: 30 * TimedBroadcast.second)
        for round in 0..<20 {
            broadcast.jump(round % 2, toNumber: round % 4 < 2 ? nil : UInt16(truncatingIfNeeded: round * 9_999))
            broadcast.run(for: 20 * TimedBroadcast.second)
            #expect(abs(broadcast.lateness(0) - broadcast.lateness(1)) <= 5, "round \(round)")
        }
        #expect(broadcast.streams.map(\.goesBack) == [false, false])
        #expect(
            broadcast.streams.allSatisfy { $0.largestStepError < 200 },
            "\(broadcast.streams.map(\.largestStepError))"
        )
    }

    @Test("the first report of each stream goes out within 500 ms of its first packet, whatever the publisher says")
    func firstReport() throws {
        for reports in [.sane, .none, .unset, .zero, .jumping] as [TimedBroadcast.Reports] {
            var broadcast = broadcast(seed: 8, reports: reports)
            broadcast.run(for: TimedBroadcast.second)
            for stream in broadcast.streams {
                #expect(try #require(stream.firstReportAfter) <= 500 * Self.milliseconds)
            }
        }
    }

    @Test("whatever comes, nothing traps and every packet is given a moment near its own", arguments: 0..<100)
    func junk(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        var clock = PublisherClock()
        let rates: [UInt32] = [90_000, 48_000, 1, .max, 0]
        var now: UInt64 = numbers.next() >> UInt64.random(in: 1...40, using: &numbers)
        for step in 0..<2_000 {
            now += numbers.next() >> UInt64.random(in: 25...60, using: &numbers)
            let moment = MonotonicTime(nanoseconds: min(now, UInt64(Int64.max)))
            let slot = Int.random(in: 0..<4, using: &numbers)
            let timestamp =
                Bool.random(using: &numbers)
                ? UInt32(truncatingIfNeeded: step * 3_000)
                : .random(
                    in: .min ... .max,
                    using: &numbers
                )
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0:
                let rate = rates.randomElement(using: &numbers) ?? 90_000
                clock.begin(slot, of: TrackIndex(slot / 2), RTPClock(rate: rate), timestamp: timestamp, at: moment)
            case 1...3:
                let ntp = NTPTime(rawValue: numbers.next() >> UInt64.random(in: 0...40, using: &numbers))
                let report = SenderReport(ssrc: 1, ntp: ntp, rtpTimestamp: timestamp, packetCount: 0, octetCount: 0)
                clock.receive(report, of: slot, at: moment)
            case 4:
                clock.review(at: moment)
                _ = clock.shift(from: slot, to: 3 - slot)
            default:
                let isNewest = Bool.random(using: &numbers)
                let captured = clock.receive(timestamp, of: slot, isNewest: isNewest, at: moment)
                #expect((captured - moment).inSeconds.magnitude <= 15.001)
            }
        }
    }
}
