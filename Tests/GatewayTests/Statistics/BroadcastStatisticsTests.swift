// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import Testing

@testable import Gateway
@testable import RTCDriver

@Suite("The statistics of a broadcast", .timeLimit(.minutes(1)))
struct BroadcastStatisticsTests {
    /// Statistics that were read every second.
    private static func recorded(
        _ seconds: Range<Int>,
        _ totals: MediaTotals = MediaTotals(),
        _ edit: (Int, inout MediaSessionStatistics) -> Void = { _, _ in }
    ) -> BroadcastStatistics {
        let statistics = BroadcastStatistics(addingTo: totals)
        for second in seconds { statistics.record(.example(second) { publisher, _ in edit(second, &publisher) }) }
        return statistics
    }

    private static func samples(_ seconds: [StatisticsSecond], of ssrc: UInt32) -> [StreamSample] {
        seconds.flatMap(\.streams).filter { $0.key.ssrc == ssrc }.map(\.sample)
    }

    @Test("A second has what was done in it, not since the beginning")
    func seconds() throws {
        let statistics = Self.recorded(0..<5)
        let history = statistics.history(seconds: 3)
        #expect(history.count == 3 && history.allSatisfy { $0.seconds == 1 && $0.streams.count == 3 })
        for sample in Self.samples(history, of: 2_000) {
            #expect(sample.packets == 60 && sample.bitrate == 48_000 && sample.frames == 30)
            #expect(sample.jitter == 2_000 && sample.roundTripTime == 20_000 && sample.retransmitted == 0)
        }
        #expect(Self.samples(history, of: 2_000).map(\.keyFrames) == [0, 1, 0])
        for sample in Self.samples(history, of: 4_000) {
            #expect(sample.packets == 61 && sample.bitrate == 48_800 && sample.retransmitted == 1)
            #expect(sample.jitter == 5_000 && sample.roundTripTime == 30_000)
        }
    }

    @Test("Five minutes are remembered and no more, the oldest first")
    func memory() throws {
        let statistics = Self.recorded(0..<1_000)
        let history = statistics.history(seconds: 1_000)
        #expect(history.count == BroadcastStatistics.memory)
        let times = history.map { Int($0.time.timeIntervalSince1970) - 1_790_000_000 }
        #expect(times == Array(700..<1_000))
        #expect(history.allSatisfy { $0.streams.count == 3 })
        #expect(statistics.history(seconds: 0).isEmpty)
        #expect(BroadcastStatistics().history(seconds: 300).isEmpty)
    }

    @Test("A stream that begins anew with the same SSRC has done what it says, not less than nothing")
    func restart() {
        let totals = MediaTotals()
        let statistics = Self.recorded(0..<10, totals) { second, publisher in
            if second >= 5 { publisher.incoming[0].packets = UInt64(50 * (second - 4)) }
        }
        #expect(Self.samples(statistics.history(seconds: 9), of: 1_000).allSatisfy { $0.packets == 50 })
        #expect(totals[.init(direction: .inbound, kind: .audio)].packets == 450)
    }

    @Test("As many streams are remembered as may be, those that were seen last")
    func streams() {
        let statistics = Self.recorded(0..<100) { second, publisher in
            publisher.incoming[1].ssrc = UInt32(10_000 + second)
        }
        let history = statistics.history(seconds: 300)
        let remembered = Set(history.flatMap(\.streams).map(\.key.ssrc))
        #expect(remembered.count == BroadcastStatistics.maximumStreams)
        #expect(remembered.isSuperset(of: [1_000, 4_000, 10_099, 10_080]) && !remembered.contains(10_000))
        #expect(Self.samples(history, of: 1_000).count == 100)
    }

    @Test("What was late only is not counted as lost a second time")
    func lost() {
        let totals = MediaTotals()
        let lost: [Int64] = [0, 5, 2, 5, 6, 0]
        _ = Self.recorded(0..<6, totals) { second, publisher in publisher.incoming[0].lost = lost[second] }
        #expect(totals[.init(direction: .inbound, kind: .audio)].lost == 6)
    }

    @Test("All broadcasts count together, those that are over too")
    func totals() {
        let totals = MediaTotals()
        _ = Self.recorded(0..<11, totals)
        _ = Self.recorded(0..<11, totals)
        let video = totals[.init(direction: .inbound, kind: .video)]
        #expect(video.packets == 1_200 && video.octets == 120_000 && video.frames == 600 && video.keyFrames == 10)
        let sent = totals[.init(direction: .outbound, kind: .video)]
        #expect(sent.packets == 1_220 && sent.retransmitted == 20 && sent.lost == 6)
        #expect(totals[.init(direction: .outbound, kind: .audio)] == MediaTotals.Counts())
    }

    @Test("Readers get each reading, and the last one says that it is")
    func feed() async throws {
        let statistics = Self.recorded(0..<3)
        let readings = try #require(statistics.feed.subscribe())
        statistics.record(.example(3))
        #expect(!statistics.isOver)
        statistics.finish()
        #expect(statistics.isOver)
        var iterator = readings.events.makeAsyncIterator()
        let first = try #require(await iterator.next() ?? nil).value
        #expect(!first.isLast && first.seconds == 1)
        let last = try #require(await iterator.next() ?? nil).value
        #expect(last.isLast && last.reading.ways.count == 2)
    }

    @Test("Pictures that take longer than sound until they are sent are told, once both flow and are reported on")
    func offset() {
        func offset(_ audio: Duration?, _ video: [Duration?], areReported: [Bool] = [true, true]) -> Duration? {
            StatisticsReading.example(1) { publisher, sfu in
                for index in 0...1 { publisher.incoming[index].isCaptureReported = areReported[index] }
                let layer = sfu.outgoing[0]
                sfu.outgoing = video.map { delay in
                    var layer = layer
                    layer.captureDelay = delay
                    return layer
                }
                sfu.outgoing.append(.example(MediaSessionStatistics.opus, ssrc: 5_000))
                sfu.outgoing[video.count].captureDelay = audio
            }
            .audioVideoOffset
        }
        #expect(offset(.milliseconds(20), [.milliseconds(70)]) == .milliseconds(50))
        #expect(offset(.milliseconds(90), [.milliseconds(10)]) == .milliseconds(-80))
        // The slowest layer is the one that has to be waited for.
        #expect(offset(.zero, [.milliseconds(10), .milliseconds(40), nil]) == .milliseconds(40))
        #expect(offset(.zero, [nil]) == nil && offset(nil, [.zero]) == nil && offset(.zero, []) == nil)
        #expect(offset(.zero, [.zero], areReported: [true, false]) == nil)
        #expect(offset(.zero, [.zero], areReported: [false, true]) == nil)
    }

    @Test("What is read after the last reading changes nothing, and counts for nothing")
    func afterTheEnd() {
        let totals = MediaTotals()
        let statistics = Self.recorded(0..<3, totals)
        statistics.record(.example(3), isLast: true)
        let groups = MediaTotals.Group.all
        let counted = groups.map { totals[$0] }
        statistics.record(.example(2))
        statistics.record(StatisticsReading(time: .now, moment: MonotonicTime(nanoseconds: 0), ways: []))
        #expect(statistics.snapshot?.reading.streams.count == 3 && statistics.history(seconds: 10).count == 4)
        #expect(groups.map { totals[$0] } == counted)
    }
}
