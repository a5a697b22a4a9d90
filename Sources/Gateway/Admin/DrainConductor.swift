// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Logging

/// Does what follows from a drain: tells the log how far it is, and ends what is left after its limit.
package struct DrainConductor: Sendable {
    private let drain: Drain
    private let registry: BroadcastRegistry
    private let logger: Logger
    private let interval: Duration

    /// Makes a conductor.
    ///
    /// - Parameters:
    ///   - drain: what the operator asks for.
    ///   - registry: the sessions.
    ///   - logger: where it reports.
    ///   - interval: the time between two looks at the sessions.
    package init(
        _ drain: Drain,
        of registry: BroadcastRegistry,
        logger: Logger,
        interval: Duration = .milliseconds(250)
    ) {
        self.drain = drain
        self.registry = registry
        self.logger = logger
        self.interval = interval
    }

    /// Follows the operator until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await change in drain.changes {
                guard let course = change else {
                    logger.notice("Not draining any more: publishers are taken again")
                    continue
                }
                await tellBeginning(of: course)
                group.addTask { await follow(course) }
            }
            group.cancelAll()
        }
    }

    private func tellBeginning(of course: Drain.Course) async {
        var metadata: Logger.Metadata = ["sessions": "\(await registry.count)"]
        if let limit = course.request.limit { metadata["limit.seconds"] = "\(limit.components.seconds)" }
        guard let redirect = course.request.redirect else {
            return logger.notice("Draining: new publishers are refused", metadata: metadata)
        }
        metadata["redirect"] = "\(redirect.text)"
        logger.notice("Draining: new publishers are sent elsewhere", metadata: metadata)
    }

    /// Goes along with a drain until no session is left, or another one has taken its place.
    private func follow(_ course: Drain.Course) async {
        var isLimitTold = false
        while drain.course == course {
            // Nobody can come back to a gateway that refuses publishers.
            await registry.endWaiting(.drained)
            let count = await registry.count
            guard count > 0 else { return logger.notice("Drained: no session is left") }
            if !isLimitTold, let end = course.end, end <= .now {
                isLimitTold = true
                logger.notice(
                    "The time to drain is over: the sessions that are left end",
                    metadata: ["sessions": "\(count)"]
                )
                await registry.endAll(.drained)
            }
            guard (try? await Task.sleep(for: interval)) != nil else { return }
        }
    }
}
