// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SkyWay
import Synchronization

/// What is on the air, as everybody may know it: channels and states, nothing else.
package final class LiveBoard: Sendable {
    /// One broadcast.
    package struct Entry: Hashable, Sendable, Encodable {
        /// What a viewer sees of a broadcast.
        package enum State: String, Hashable, Sendable, Encodable {
            /// On its way.
            case connecting
            /// To be seen.
            case live
            /// Its publisher is gone and may come back.
            case waiting
        }

        /// The room's id or name, whichever the publisher used.
        package var channel: String
        package var state: State
        /// When it began (RFC 3339).
        package var since: String
    }

    private struct Table {
        var entries: [(id: BroadcastID, entry: Entry)] = []
        var observers: [Int: AsyncStream<[Entry]>.Continuation] = [:]
        var nextObserver = 0
    }

    private let table = Mutex(Table())
    private let observerLimit: Int

    /// Makes an empty board.
    ///
    /// - Parameter observerLimit: how many may watch it at a time.
    package init(observerLimit: Int = 256) {
        self.observerLimit = observerLimit
    }

    /// What is on the air, the oldest first.
    package var entries: [Entry] { table.withLock { $0.entries.map(\.entry) } }

    /// The board now and after each change, the newest alone where the reader is slow; `nil` when too many watch.
    package func observe() -> AsyncStream<[Entry]>? {
        let (stream, continuation) = AsyncStream<[Entry]>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let isTaken = table.withLock { table in
            guard table.observers.count < observerLimit else { return false }
            let id = table.nextObserver
            table.nextObserver += 1
            table.observers[id] = continuation
            continuation.onTermination = { [weak self] _ in self?.forget(id) }
            continuation.yield(table.entries.map(\.entry))
            return true
        }
        return isTaken ? stream : nil
    }

    /// A broadcast has another state, or is new.
    func update(_ id: BroadcastID, channel: ChannelReference, state: Entry.State) {
        change { entries in
            if let index = entries.firstIndex(where: { $0.id == id }) {
                entries[index].entry.state = state
            } else {
                let since = Date().formatted(.iso8601)
                entries.append((id, Entry(channel: channel.text, state: state, since: since)))
            }
        }
    }

    /// A broadcast is over.
    func remove(_ id: BroadcastID) {
        change { entries in entries.removeAll { $0.id == id } }
    }

    private func change(_ edit: (inout [(id: BroadcastID, entry: Entry)]) -> Void) {
        table.withLock { table in
            let before = table.entries.map(\.entry)
            edit(&table.entries)
            let after = table.entries.map(\.entry)
            guard after != before else { return }
            for observer in table.observers.values { observer.yield(after) }
        }
    }

    private func forget(_ id: Int) {
        // Let go of outside the lock, since its end may call back.
        let observer = table.withLock { $0.observers.removeValue(forKey: id) }
        observer?.finish()
    }
}

extension ChannelReference {
    /// The id or the name.
    package var text: String {
        switch self {
        case .id(let id): id
        case .name(let name): name
        }
    }
}
