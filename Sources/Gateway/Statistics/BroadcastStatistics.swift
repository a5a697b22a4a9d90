// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import Synchronization

/// What is measured of one broadcast: the present state, and what each stream did in each of the last 300 seconds.
///
/// Bounded: so many streams, and for each the room of all its samples from the beginning. Outlives the broadcast for as
/// long as that is remembered.
final class BroadcastStatistics: Sendable {
    /// How many seconds are remembered.
    static let memory = 300
    /// How many streams are remembered; one more takes the place of the one that was seen last the longest ago.
    static let maximumStreams = 24
    /// How many may read along.
    static let maximumReaders = 16

    /// The samples of a stream.
    private struct Series {
        let key: StreamName
        let kind: MediaKind
        let rid: String?
        var last: StreamCounts
        /// The most that were lost at a time: what was only late is not lost a second time.
        var mostLost: Int64 = 0
        /// When it was last seen.
        var reading: UInt32
        var samples: SampleRing
    }

    /// When a reading was made, and the time that had passed since the one before.
    private struct Tick {
        var reading: UInt32
        var time: Date
        var seconds: Double
    }

    private struct State {
        var last: StatisticsReading?
        var series: [Series] = []
        var ticks: [Tick] = []
        var readings: UInt32 = 0
        var isOver = false
    }

    /// Each reading as it comes; the last of a broadcast that has ended says so.
    let feed = EventFeed<StatisticsSnapshot>(
        memory: 0,
        maximumReaders: BroadcastStatistics.maximumReaders,
        maximumBacklog: 30
    )
    private let totals: MediaTotals
    private let state = Mutex(State())

    /// Makes statistics of a broadcast of which nothing is known yet.
    ///
    /// - Parameter totals: what counts all broadcasts together.
    init(addingTo totals: MediaTotals = MediaTotals()) {
        self.totals = totals
    }

    /// The state as it was last read; `nil` before any reading.
    var snapshot: StatisticsSnapshot? { state.withLock { Self.snapshot($0, isLast: false) } }

    /// Whether nothing more will be read.
    var isOver: Bool { state.withLock(\.isOver) }

    /// What each stream did in each of the last seconds, the oldest first.
    ///
    /// - Parameter seconds: how many.
    /// - Returns: what was done in each; fewer where the broadcast is younger.
    func history(seconds: Int) -> [StatisticsSecond] {
        state.withLock { state in
            let ticks = state.ticks.suffix(max(0, seconds))
            guard let first = ticks.first else { return [] }
            let streams = state.series.map { ($0, $0.samples.samples(after: first.reading - 1)) }
            return ticks.map { tick in
                StatisticsSecond(
                    time: tick.time,
                    seconds: tick.seconds,
                    streams: streams.compactMap { series, samples in
                        samples.first { $0.reading == tick.reading }.map {
                            StatisticsSecond.Stream(key: series.key, kind: series.kind, rid: series.rid, sample: $0)
                        }
                    }
                )
            }
        }
    }

    /// Takes a reading; none that comes after the last one.
    ///
    /// - Parameters:
    ///   - reading: what was read.
    ///   - isLast: whether the broadcast is over.
    func record(_ reading: StatisticsReading, isLast: Bool = false) {
        let taken = state.withLock { state -> (steps: [MediaTotals.Step], snapshot: StatisticsSnapshot?)? in
            guard !state.isOver else { return nil }
            let steps = Self.take(reading, into: &state)
            if isLast { state.isOver = true }
            return (steps, Self.snapshot(state, isLast: isLast))
        }
        guard let (steps, snapshot) = taken else { return }
        totals.add(steps)
        if let snapshot { feed.publish(snapshot) }
    }

    /// The broadcast is over, and nothing more can be read of it.
    func finish() {
        let last = state.withLock { state in
            state.isOver = true
            return Self.snapshot(state, isLast: true)
        }
        let nothing = StatisticsReading(time: .now, moment: MonotonicTime(nanoseconds: 0), ways: [])
        feed.publish(last ?? StatisticsSnapshot(reading: nothing, seconds: 0, newest: [:], isLast: true))
    }

    private static func take(_ reading: StatisticsReading, into state: inout State) -> [MediaTotals.Step] {
        let seconds = state.last.map { (reading.moment - $0.moment).inSeconds } ?? 0
        state.readings += 1
        state.last = reading
        if state.ticks.isEmpty { state.ticks.reserveCapacity(Self.memory + 1) }
        state.ticks.append(Tick(reading: state.readings, time: reading.time, seconds: seconds))
        if state.ticks.count > Self.memory { state.ticks.removeFirst() }
        return reading.streams.map { stream in
            let place = place(of: stream, in: &state)
            let former = state.series[place].last
            var sample = StreamSample(
                from: former,
                to: stream.counts,
                seconds: seconds,
                reading: state.readings
            )
            sample.jitter = stream.jitter?.inMicroseconds
            sample.roundTripTime = stream.roundTripTime?.inMicroseconds
            sample.captureDelay = stream.captureDelay?.inMicroseconds
            state.series[place].last = stream.counts
            state.series[place].reading = state.readings
            state.series[place].samples.append(sample)
            var counted = former
            counted.lost = former.packets > stream.counts.packets ? 0 : state.series[place].mostLost
            state.series[place].mostLost = max(counted.lost, stream.counts.lost)
            return MediaTotals.Step(stream: stream, former: counted)
        }
    }

    /// The place of a stream's samples, made where it is new.
    private static func place(of stream: StreamState, in state: inout State) -> Int {
        if let known = state.series.firstIndex(where: { $0.key == stream.key }) { return known }
        let series = Series(
            key: stream.key,
            kind: stream.kind,
            rid: stream.rid,
            last: StreamCounts(),
            reading: state.readings,
            samples: SampleRing(capacity: memory)
        )
        if state.series.count < maximumStreams {
            state.series.append(series)
            return state.series.count - 1
        }
        let oldest = state.series.indices.min { state.series[$0].reading < state.series[$1].reading } ?? 0
        state.series[oldest] = series
        return oldest
    }

    private static func snapshot(_ state: State, isLast: Bool) -> StatisticsSnapshot? {
        guard let reading = state.last else { return nil }
        var newest: [StreamName: StreamSample] = [:]
        for series in state.series where series.reading == state.readings { newest[series.key] = series.samples.newest }
        return StatisticsSnapshot(
            reading: reading,
            seconds: state.ticks.last?.seconds ?? 0,
            newest: newest,
            isLast: isLast
        )
    }
}

/// The state of a broadcast at one moment, with what each stream did in the second before.
struct StatisticsSnapshot: Sendable {
    var reading: StatisticsReading
    /// The time since the reading before; 0 where this is the first.
    var seconds: Double
    var newest: [StreamName: StreamSample]
    /// Whether the broadcast is over.
    var isLast: Bool
}

/// What the streams of a broadcast did in one second.
struct StatisticsSecond: Sendable {
    /// A stream with what it did.
    struct Stream: Sendable {
        var key: StreamName
        var kind: MediaKind
        var rid: String?
        var sample: StreamSample
    }

    /// Its end.
    var time: Date
    /// How long it was in fact.
    var seconds: Double
    var streams: [Stream]
}

extension Duration {
    /// Whole microseconds, at most what 32 bits can say.
    fileprivate var inMicroseconds: UInt32 { UInt32(clamping: inNanoseconds / 1_000) }
}
