// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// Reads once a second what all broadcasts have done: one job of each worker, however many sessions it has.
struct StatisticsCollector: Sendable {
    /// Where broadcasts live.
    let registry: BroadcastRegistry
    /// The time between two readings.
    var interval = Duration.seconds(1)

    /// Reads until the task is cancelled.
    func run() async {
        var next = ContinuousClock.now + interval
        while (try? await Task.sleep(until: next)) != nil {
            await collect()
            // What took longer than a second is not caught up with.
            next = max(next + interval, .now)
        }
    }

    /// Reads once.
    func collect() async {
        let subjects = await registry.statisticsSubjects
        for worker in registry.environment.workers.workers {
            let mine = subjects.filter { $0.worker.isSame(as: worker) && !$0.ways.isEmpty }
            guard !mine.isEmpty, let all = try? await worker.statistics(of: mine.flatMap { $0.ways.map(\.session) })
            else { continue }
            var place = 0
            for subject in mine {
                let media = all[place..<place + subject.ways.count]
                place += subject.ways.count
                subject.record(media)
            }
        }
    }
}

/// A broadcast whose ways of media are to be read.
struct StatisticsSubject: Sendable {
    /// A way of media.
    struct Way: Sendable {
        var session: PeerID
        var transport: BroadcastReport.Transport
    }

    var worker: MediaWorker.Handle
    var ways: [Way]
    var statistics: BroadcastStatistics

    /// Takes what was read; a way that has ended meanwhile has nothing to say.
    fileprivate func record(_ media: ArraySlice<MediaSessionStatistics?>) {
        let read = zip(ways, media).compactMap { way, media in
            media.map { StatisticsReading.Way(transport: way.transport, media: $0) }
        }
        guard !read.isEmpty else { return }
        statistics.record(StatisticsReading(time: .now, moment: Clock.now, ways: read))
    }
}

extension BroadcastRegistry {
    /// The broadcasts that are to be read.
    var statisticsSubjects: [StatisticsSubject] {
        get async {
            var subjects: [StatisticsSubject] = []
            for broadcast in entries.values.map(\.broadcast) { subjects.append(await broadcast.statisticsSubject) }
            return subjects
        }
    }
}

extension Broadcast {
    /// The ways of media that there are: from the publisher, then to the SFU.
    var mediaWays: [(side: BroadcastReport.Transport.Side, media: MediaSession)] {
        let ingest = session?.ingest.map { (BroadcastReport.Transport.Side.publisher, $0.media) }
        return [ingest].compactMap { $0 }
            + transports.sorted { $0.key < $1.key }.map { (.sfu($0.key), $0.value.media) }
    }

    /// What is read of it.
    var statisticsSubject: StatisticsSubject {
        StatisticsSubject(
            worker: worker,
            ways: mediaWays.map { StatisticsSubject.Way(session: $0.media.id, transport: transport(of: $0.side)) },
            statistics: statistics
        )
    }

    /// Reads for the last time what it has done.
    func recordLast() async {
        var ways: [StatisticsReading.Way] = []
        for (side, media) in mediaWays {
            guard let read = (try? await media.statistics()) ?? media.lastStatistics else { continue }
            ways.append(StatisticsReading.Way(transport: transport(of: side), media: read))
        }
        guard !ways.isEmpty else { return statistics.finish() }
        statistics.record(StatisticsReading(time: .now, moment: Clock.now, ways: ways), isLast: true)
    }

    private func transport(of side: BroadcastReport.Transport.Side) -> BroadcastReport.Transport {
        report.transports.first { $0.side == side } ?? BroadcastReport.Transport(side: side)
    }
}
