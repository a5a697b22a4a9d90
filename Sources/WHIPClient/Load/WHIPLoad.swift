// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Logging
internal import RTC
package import RTCCrypto
package import RTCDriver

/// Publishes one clip many times at once, for a bounded time.
package actor WHIPLoad {
    /// How much, and for how long.
    package struct Configuration: Sendable {
        /// How many publishers.
        package var publishers: Int
        /// How many of them begin in a second.
        package var rate: Double
        /// How long it goes on after the last one has begun.
        package var duration: Duration

        /// Makes a configuration.
        ///
        /// - Parameters:
        ///   - publishers: how many, 1 to 10,000.
        ///   - rate: how many begin in a second, above 0.
        ///   - duration: how long it goes on after the last one has begun, up to a day.
        package init(publishers: Int, rate: Double, duration: Duration) {
            precondition((1...10_000).contains(publishers), "a load has 1 to 10,000 publishers")
            precondition(rate >= 0.01 && rate.isFinite, "at least one publisher begins in 100 seconds")
            precondition(duration >= .zero && duration <= .seconds(86_400), "a load ends within a day")
            self.publishers = publishers
            self.rate = rate
            self.duration = duration
        }
    }

    private let configuration: Configuration
    private let clip: Clip
    private let workers: MediaWorkers
    private let certificate: Certificate
    private let endpoint: @Sendable (Int) -> WHIPEndpoint
    private let logger: Logger
    private let counters = ClipSource.Counters()
    private var publishers: [WHIPPublisher] = []
    private var noted = WHIPLoadStatistics()

    /// Makes a load that has not begun.
    ///
    /// - Parameters:
    ///   - configuration: how much, and for how long.
    ///   - clip: what all of them publish.
    ///   - workers: what carries it, publishers taking turns.
    ///   - certificate: shown to the endpoints.
    ///   - logger: where to tell what happens, at debug level.
    ///   - endpoint: where each publishes, by its number from 0.
    package init(
        _ configuration: Configuration,
        clip: Clip,
        workers: MediaWorkers,
        certificate: Certificate,
        logger: Logger,
        endpoint: @escaping @Sendable (Int) -> WHIPEndpoint
    ) {
        self.configuration = configuration
        self.clip = clip
        self.workers = workers
        self.certificate = certificate
        self.logger = logger
        self.endpoint = endpoint
    }

    /// Runs the load until its time is over, every publisher has ended by itself, or the task is cancelled; every session
    /// is deleted before this returns.
    ///
    /// To be called once.
    ///
    /// - Returns: what was done.
    package func run() async -> WHIPLoadStatistics {
        let start = ContinuousClock.now
        await withTaskGroup(of: Ending.self) { group in
            for number in 0..<configuration.publishers {
                let moment = start + .seconds(Double(number) / configuration.rate)
                guard (try? await Task.sleep(until: moment, clock: .continuous)) != nil else { break }
                let publisher = WHIPPublisher(
                    endpoint(number),
                    media: .clip(clip, counters: counters),
                    worker: workers.workers[number % workers.workers.count],
                    certificate: certificate,
                    logger: logger
                )
                publishers.append(publisher)
                noted.started += 1
                group.addTask {
                    await self.carry(publisher)
                    return .publisher
                }
            }
            group.addTask { [configuration] in
                try? await Task.sleep(for: configuration.duration)
                return .time
            }
            var left = noted.started
            while left > 0, await group.next() == .publisher { left -= 1 }
            group.cancelAll()
        }
        return await statistics()
    }

    /// What was done so far.
    package func statistics() async -> WHIPLoadStatistics {
        var (packets, bytes): (UInt64, UInt64) = (0, 0)
        for publisher in publishers {
            guard let session = await publisher.statistics()?.session else { continue }
            packets += session.packetsSent
            bytes += session.bytesSent
        }
        var statistics = noted
        statistics.packetsSent = packets
        statistics.bytesSent = bytes
        statistics.packetsSkipped = counters.skipped
        return statistics
    }

    /// What a task of the load was, once it has ended.
    private enum Ending {
        case publisher
        case time
    }

    /// Runs a publisher to its end and notes where it stands.
    private func carry(_ publisher: WHIPPublisher) async {
        let start = ContinuousClock.now
        async let end = publisher.run()
        var isPublishing = false
        // Ends with the publication, or at once when the load is over.
        for await state in publisher.states {
            guard case .publishing = state else { continue }
            isPublishing = true
            noteConnected(after: ContinuousClock.now - start)
        }
        noted.ended[await end, default: 0] += 1
        if isPublishing { noted.publishing -= 1 }
    }

    private func noteConnected(after elapsed: Duration) {
        noted.publishing += 1
        noted.connected += 1
        noted.connecting.total += elapsed
        noted.connecting.longest = max(noted.connecting.longest, elapsed)
    }
}
