// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("How long after their capture sound and pictures leave")
struct CaptureDelayTests {
    private static let milliseconds: Int64 = 1_000_000

    /// Sound that is sent 80 ms later after its capture than pictures are.
    private func broadcast(seed: UInt64, reports: TimedBroadcast.Reports = .sane) -> TimedBroadcast {
        var broadcast = TimedBroadcast(seed: seed, skew: 50e-6)
        broadcast.jitter = 2_000_000
        broadcast.stall = 0
        broadcast.add(.audio, track: 0, interval: 20_000_000, encoding: 100 * Self.milliseconds, reports: reports)
        broadcast.add(.video, track: 1, interval: 33_000_000, encoding: 20 * Self.milliseconds, reports: reports)
        return broadcast
    }

    @Test("sound that is sent 80 ms late is told to be, whenever one asks", arguments: 0..<10)
    func lateSound(seed: UInt64) throws {
        var broadcast = broadcast(seed: seed)
        broadcast.run(for: 5 * TimedBroadcast.second)
        for _ in 0..<60 {
            broadcast.run(for: TimedBroadcast.second)
            #expect(broadcast.areReported == [true, true])
            #expect(abs(try broadcast.captureDelay(0) - broadcast.captureDelay(1) - 80) <= 5)
        }
        // The quickest stream is the measure: jitter alone is left of its way.
        #expect(abs(try broadcast.captureDelay(1) - 2) <= 5)
    }

    @Test("a publisher that does not report, or nothing that makes sense, is not said to be in step or out of it")
    func unreported() throws {
        for reports in [.none, .unset, .zero, .jumping, .fast] as [TimedBroadcast.Reports] {
            var broadcast = broadcast(seed: 1, reports: reports)
            broadcast.run(for: 60 * TimedBroadcast.second)
            #expect(broadcast.areReported == [false, false])
            for index in 0...1 { #expect(abs(try broadcast.captureDelay(index) - 2) <= 5) }
        }
    }

    @Test("one report of each track holds for 30 s, as long as it is believed")
    func oneReport() throws {
        var broadcast = broadcast(seed: 2)
        for index in 0...1 { broadcast.streams[index].reportInterval = .max / 2 }
        broadcast.run(for: 25 * TimedBroadcast.second)
        #expect(broadcast.areReported == [true, true])
        #expect(abs(try broadcast.captureDelay(0) - broadcast.captureDelay(1) - 80) <= 5)
        broadcast.run(for: 15 * TimedBroadcast.second)
        #expect(broadcast.areReported == [false, false])
    }

    @Test("what reports have said stays known when they stop")
    func reportsThatStop() throws {
        var broadcast = broadcast(seed: 3)
        broadcast.run(for: 20 * TimedBroadcast.second)
        broadcast.streams[0].reports = .none
        broadcast.run(for: 60 * TimedBroadcast.second)
        #expect(!broadcast.clock.followsReports && broadcast.areReported == [true, true])
        #expect(abs(try broadcast.captureDelay(0) - broadcast.captureDelay(1) - 80) <= 5)
    }

    @Test("layers of which one alone is reported on, as OBS has it, are all told by that")
    func reportsOfOneLayer() throws {
        var broadcast = TimedBroadcast(seed: 4, skew: 0)
        broadcast.jitter = 2_000_000
        broadcast.stall = 0
        broadcast.add(.audio, track: 0, interval: 20_000_000, encoding: 100 * Self.milliseconds)
        for reports in [.none, .none, .sane] as [TimedBroadcast.Reports] {
            let encoding = 20 * Self.milliseconds
            broadcast.add(.video, track: 1, interval: 33_000_000, encoding: encoding, reports: reports, timestamp: 77)
        }
        broadcast.run(for: 30 * TimedBroadcast.second)
        #expect(broadcast.areReported == [true, true, true, true])
        for layer in 1...3 { #expect(abs(try broadcast.captureDelay(0) - broadcast.captureDelay(layer) - 80) <= 5) }
    }

    @Test("a publisher that comes back is told of again as soon as it reports, and of its pause nothing is left")
    func resume() throws {
        var broadcast = broadcast(seed: 5)
        broadcast.run(for: 20 * TimedBroadcast.second)
        for pause in [1, 30] as [Int64] {
            broadcast.comeBack(after: pause * TimedBroadcast.second)
            #expect(broadcast.areReported == [false, false])
            broadcast.run(for: 10 * TimedBroadcast.second)
            #expect(broadcast.areReported == [true, true])
            #expect(abs(try broadcast.captureDelay(0) - broadcast.captureDelay(1) - 80) <= 5)
        }
    }

    @Test("a stream that has stopped has no delay, and its captures are not compared")
    func silence() throws {
        var broadcast = broadcast(seed: 6)
        broadcast.run(for: 20 * TimedBroadcast.second)
        broadcast.streams[0].nextCapture += 100 * TimedBroadcast.second
        broadcast.run(for: 10 * TimedBroadcast.second)
        #expect(broadcast.areReported == [false, true])
        #expect(broadcast.streams[0].out.captureDelay(at: broadcast.moment) == nil)
        #expect(abs(try broadcast.captureDelay(1) - 2) <= 5)
    }
}

extension TimedBroadcast {
    /// Which streams have captures that can be compared.
    fileprivate var areReported: [Bool] { streams.map { clock.isReported($0.slot, at: moment) } }

    /// From capture to sending as it is told, in milliseconds.
    fileprivate func captureDelay(_ index: Int) throws -> Double {
        try #require(streams[index].out.captureDelay(at: moment)).inSeconds * 1_000
    }
}
