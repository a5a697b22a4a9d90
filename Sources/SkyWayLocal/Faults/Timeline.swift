// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What is to be done later, by the server's clock.
///
/// What is due at one moment is done in the order it was scheduled; what takes time goes on beside the rest.
final class Timeline: Sendable {
    /// What is to be done.
    enum Work: Sendable {
        /// Done on the spot.
        case quick(@Sendable () -> Void)
        /// Begun in its turn.
        case long(@Sendable () async -> Void)
    }

    private struct Item {
        let due: Int64
        let work: Work
    }

    private let clock: ServerClock
    /// By the time they are due, and then in the order they came.
    private let items = Mutex<[Item]>([])
    private let wakes: AsyncStream<Int64>
    private let wake: AsyncStream<Int64>.Continuation

    /// Makes an empty timeline.
    init(clock: ServerClock) {
        self.clock = clock
        (wakes, wake) = AsyncStream.makeStream()
    }

    /// Adds something.
    ///
    /// - Parameters:
    ///   - due: when, in milliseconds since 1970.
    ///   - work: what to do.
    func schedule(at due: Int64, _ work: Work) {
        items.withLock { items in
            let index = items.firstIndex { $0.due > due } ?? items.endIndex
            items.insert(Item(due: due, work: work), at: index)
        }
        wake.yield(due)
    }

    /// Does what is due when it is, until the task is cancelled.
    func run() async {
        let (moments, moment) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.watch(moment)
                moment.finish()
            }
            for await _ in moments {
                while let work = popDue() {
                    switch work {
                    case .quick(let action): action()
                    case .long(let action): group.addTask { await action() }
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Tells each moment at which something is due.
    private func watch(_ moment: AsyncStream<Void>.Continuation) async {
        await withDiscardingTaskGroup { sleepers in
            for await due in wakes {
                sleepers.addTask { [clock] in
                    while clock.unixMilliseconds < due {
                        guard (try? await clock.sleep(until: due)) != nil else { return }
                    }
                    moment.yield()
                }
            }
            sleepers.cancelAll()
        }
    }

    private func popDue() -> Work? {
        let now = clock.unixMilliseconds
        return items.withLock { items in
            guard let first = items.first, first.due <= now else { return nil }
            return items.removeFirst().work
        }
    }
}
