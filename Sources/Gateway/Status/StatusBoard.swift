// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import HTTPKit
import Synchronization

/// What is on the air, what was, and what has happened: the one place that knows, for operators and for the pages.
///
/// Broadcasts tell it each change of theirs. All that it remembers is bounded.
package final class StatusBoard: Sendable {
    /// What somebody sees who watches the broadcasts.
    package struct Watch: Sendable {
        /// All that there are, the oldest first.
        package let broadcasts: [BroadcastReport]
        /// The number of the last change that is among them.
        package let last: Int
        /// Each report that changes from then on; one that has ended is the last of its broadcast.
        package let changes: EventFeed<BroadcastReport>.Subscription
    }

    private struct Table {
        var reports: [BroadcastID: BroadcastReport] = [:]
        /// What is measured of each, for as long as it is remembered.
        var statistics: [BroadcastID: BroadcastStatistics] = [:]
        /// What everybody may know of them.
        var open: [BroadcastID: LiveBoard.Entry] = [:]
        /// The oldest first.
        var ended: [BroadcastReport] = []
        var counters = GatewayCounters()
        var observers: [Int: AsyncStream<[LiveBoard.Entry]>.Continuation] = [:]
        var lastObserver = 0

        var broadcasts: [BroadcastReport] { reports.values.sorted { $0.id < $1.id } }
        var entries: [LiveBoard.Entry] { open.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// How many of those that have ended are remembered.
    static let endedMemory = 100

    /// When the gateway was started.
    package let started = Date.now
    /// The same by a clock that nobody sets.
    let startedAt = ContinuousClock.now
    /// What has happened to broadcasts.
    package let events = EventFeed<BroadcastEvent>(memory: 1_000)
    private let changes = EventFeed<BroadcastReport>(memory: 0)
    private let table = Mutex(Table())
    private let observerLimit: Int

    /// Makes an empty board.
    ///
    /// - Parameter observerLimit: how many may watch the public part of it at a time.
    package init(observerLimit: Int = 256) {
        self.observerLimit = observerLimit
    }

    // MARK: Reading

    /// What is on the air, the oldest first.
    package var broadcasts: [BroadcastReport] { table.withLock(\.broadcasts) }

    /// What has ended, the newest first.
    package var ended: [BroadcastReport] { table.withLock { $0.ended.reversed() } }

    /// A broadcast that is on the air or has ended not long ago.
    package func report(of id: BroadcastID) -> BroadcastReport? {
        table.withLock { table in table.reports[id] ?? table.ended.last { $0.id == id } }
    }

    /// What is measured of a broadcast that is on the air or has ended not long ago.
    func statistics(of id: BroadcastID) -> BroadcastStatistics? { table.withLock { $0.statistics[id] } }

    /// What has been counted so far.
    package var counters: GatewayCounters { table.withLock(\.counters) }

    /// What is on the air now, and each change from then on; `nil` when too many watch.
    package func watch() -> Watch? {
        table.withLock { table in
            changes.subscribe().map { Watch(broadcasts: table.broadcasts, last: changes.lastID, changes: $0) }
        }
    }

    // MARK: The public part

    /// What everybody may know of it.
    var entries: [LiveBoard.Entry] { table.withLock(\.entries) }

    /// The public part now and after each change, the newest alone where the reader is slow; `nil` when too many watch.
    func observe() -> AsyncStream<[LiveBoard.Entry]>? {
        let (stream, continuation) = AsyncStream<[LiveBoard.Entry]>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let isTaken = table.withLock { table in
            guard table.observers.count < observerLimit else { return false }
            table.lastObserver += 1
            let id = table.lastObserver
            table.observers[id] = continuation
            continuation.onTermination = { [weak self] _ in self?.forget(id) }
            continuation.yield(table.entries)
            return true
        }
        return isTaken ? stream : nil
    }

    private func forget(_ id: Int) {
        // Let go of outside the lock, since its end may call back.
        let observer = table.withLock { $0.observers.removeValue(forKey: id) }
        observer?.finish()
    }

    // MARK: Telling

    /// A broadcast is new, or something of it has changed; one that has ended is not on the air any more.
    ///
    /// - Parameters:
    ///   - report: what is told of it.
    ///   - statistics: what is measured of it.
    func update(_ report: BroadcastReport, _ statistics: BroadcastStatistics = BroadcastStatistics()) {
        table.withLock { table in
            let former = table.reports[report.id]
            if case .ended = report.status {
                guard table.reports.removeValue(forKey: report.id) != nil else { return }
                table.ended.append(report)
                if table.ended.count > Self.endedMemory { table.statistics[table.ended.removeFirst().id] = nil }
            } else {
                table.reports[report.id] = report
                if former == nil { table.statistics[report.id] = statistics }
            }
            guard former?.withoutFigures != report.withoutFigures else { return }
            changes.publish(report)
            for happening in report.happenings(after: former) { tell(happening, of: report, &table) }
            let entry = LiveBoard.Entry(report)
            guard table.open[report.id] != entry else { return }
            table.open[report.id] = entry
            guard !table.observers.isEmpty else { return }
            let entries = table.entries
            for observer in table.observers.values { observer.yield(entries) }
        }
    }

    /// Something has happened to a broadcast that its report does not say.
    func note(_ happening: BroadcastEvent.Happening, of report: BroadcastReport) {
        table.withLock { tell(happening, of: report, &$0) }
    }

    /// A request was refused.
    ///
    /// - Parameter problem: the name of the problem.
    func refused(_ problem: String) {
        table.withLock { $0.counters.refusals[problem, default: 0] += 1 }
    }

    private func tell(_ happening: BroadcastEvent.Happening, of report: BroadcastReport, _ table: inout Table) {
        table.counters.count(happening)
        events.publish(BroadcastEvent(happening, of: report.id, in: report.room?.text))
    }
}

extension BroadcastReport {
    /// What follows from the change of a status.
    fileprivate func happenings(after former: BroadcastReport?) -> [BroadcastEvent.Happening] {
        var happenings: [BroadcastEvent.Happening] = former == nil ? [.begun] : []
        guard former?.status != status else { return happenings }
        switch status {
        case .connecting: break
        case .live:
            if case .recovering(let reason, let since, _) = former?.status {
                happenings.append(.recovered(reason, after: .seconds(Date.now.timeIntervalSince(since))))
            } else {
                happenings.append(.live)
            }
        case .waiting: happenings.append(.waiting)
        case .recovering(let reason, _, _):
            if case .recovering(reason, _, _) = former?.status { break }
            happenings.append(.recovering(reason))
        case .ended(let reason): happenings.append(.ended(reason))
        }
        return happenings
    }
}
