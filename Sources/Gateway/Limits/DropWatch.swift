// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver

/// Tells the operator of a flood: one line each ten seconds in which many datagrams are dropped, by their causes.
struct DropWatch {
    /// The workers that are watched.
    let workers: MediaWorkers
    /// Where it reports.
    let logger: Logger
    /// The time between two looks.
    var interval = Duration.seconds(10)
    /// As many a second are worth a line.
    var threshold = 100.0

    /// Looks until the task is cancelled.
    func run() async {
        var former = await workers.drops()
        while (try? await Task.sleep(for: interval)) != nil {
            let present = await workers.drops()
            let dropped = present.merging(former) { $0 &- min($0, $1) }.filter { $0.value > 0 }
            former = present
            let perSecond = Double(dropped.values.reduce(0, +)) / (interval / .seconds(1))
            guard perSecond >= threshold else { continue }
            var metadata = Logger.Metadata(
                uniqueKeysWithValues: dropped.map { ("dropped.\($0.key)", .string("\($0.value)")) }
            )
            metadata["seconds"] = "\(interval.components.seconds)"
            logger.warning("Many datagrams were dropped", metadata: metadata)
        }
    }
}

extension MediaWorkers {
    /// How many datagrams were dropped so far, by cause.
    func drops() async -> [String: UInt64] {
        var counts: [String: UInt64] = [:]
        for worker in workers {
            // One that has been shut down has nothing more to tell.
            guard let statistics = try? await worker.statistics() else { continue }
            counts["unknownSource", default: 0] += statistics.unknownSources
            counts["unknownFragment", default: 0] += statistics.unknownFragments
            counts["tooManyHandshakes", default: 0] += statistics.handshakes.postponedTooMany
            for (reason, count) in statistics.drops { counts["\(reason)", default: 0] += count }
        }
        return counts
    }
}
