// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What happens, for those who read along: the last events, and each new one as it comes.
///
/// Bounded for all: a memory of so many events, so many readers, and a reader that falls behind is let go.
package final class EventFeed<Value: Sendable>: Sendable {
    /// An event with its place in the order of all.
    package struct Event: Sendable {
        /// Its number; the first has 1.
        package let id: Int
        /// What happened.
        package let value: Value

        /// Makes an event.
        package init(id: Int, _ value: Value) {
            self.id = id
            self.value = value
        }
    }

    /// What a reader gets.
    package struct Subscription: Sendable {
        /// What it has missed and is still known.
        package let missed: [Event]
        /// Whether all that it has missed is among it.
        package let isComplete: Bool
        /// What comes; ends when it has fallen behind.
        ///
        /// `nil` says that nothing has come for a while.
        package let events: AsyncStream<Event?>
        /// Ends when it has fallen behind, whether or not it has read what came before.
        package let fallen: AsyncStream<Never>
        fileprivate let reader: Reader

        /// Says that nothing has come for a while.
        package func beat() { reader.events.yield(nil) }
    }

    fileprivate struct Reader {
        let events: AsyncStream<Event?>.Continuation
        let fallen: AsyncStream<Never>.Continuation

        /// Whether it could take an event.
        func take(_ event: Event) -> Bool {
            if case .dropped = events.yield(event) { return false }
            return true
        }

        func finish() {
            events.finish()
            fallen.finish()
        }
    }

    private struct State {
        var events: [Event] = []
        var lastID = 0
        var readers: [Int: Reader] = [:]
        var lastReader = 0
    }

    /// How many events are remembered.
    package let memory: Int
    /// How many readers there may be.
    package let maximumReaders: Int
    /// How many events a reader may be behind.
    package let maximumBacklog: Int
    private let state = Mutex(State())

    /// Makes a feed in which nothing has happened yet.
    ///
    /// - Parameters:
    ///   - memory: how many events are remembered.
    ///   - maximumReaders: how many readers there may be.
    ///   - maximumBacklog: how many events a reader may be behind.
    package init(memory: Int = 1_024, maximumReaders: Int = 32, maximumBacklog: Int = 256) {
        self.memory = memory
        self.maximumReaders = maximumReaders
        self.maximumBacklog = maximumBacklog
    }

    /// How many readers there are.
    package var readerCount: Int { state.withLock(\.readers.count) }

    /// The number of the last event; 0 before the first.
    package var lastID: Int { state.withLock(\.lastID) }

    /// What is remembered, the oldest first.
    package var events: [Event] { state.withLock(\.events) }

    /// Tells an event.
    package func publish(_ value: Value) {
        let fallen = state.withLock { state in
            state.lastID += 1
            let event = Event(id: state.lastID, value)
            state.events.append(event)
            if state.events.count > memory { state.events.removeFirst(state.events.count - memory) }
            let fallen = state.readers.filter { !$0.value.take(event) }
            for id in fallen.keys { state.readers[id] = nil }
            return Array(fallen.values)
        }
        for reader in fallen { reader.finish() }
    }

    /// Lets a reader in.
    ///
    /// - Parameter last: the number of the last event it has; `nil` for a reader that has none and wants none repeated.
    /// - Returns: what it gets; `nil` when there are too many readers.
    package func subscribe(after last: Int? = nil) -> Subscription? {
        let (events, continuation) = AsyncStream.makeStream(
            of: Event?.self,
            bufferingPolicy: .bufferingOldest(maximumBacklog)
        )
        let (fallen, fall) = AsyncStream.makeStream(of: Never.self)
        let reader = Reader(events: continuation, fallen: fall)
        let subscribed: (reader: Int, missed: [Event], isComplete: Bool)? = state.withLock { state in
            guard state.readers.count < maximumReaders else { return nil }
            state.lastReader += 1
            state.readers[state.lastReader] = reader
            guard let last else { return (state.lastReader, [], true) }
            // A number of another life of the server says nothing about this one.
            let isKnown = last <= state.lastID && last >= (state.events.first?.id ?? state.lastID + 1) - 1
            let missed = last <= state.lastID ? state.events.filter { $0.id > last } : state.events
            return (state.lastReader, missed, isKnown)
        }
        guard let subscribed else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.readers[subscribed.reader] = nil }
        }
        return Subscription(
            missed: subscribed.missed,
            isComplete: subscribed.isComplete,
            events: events,
            fallen: fallen,
            reader: reader
        )
    }
}

extension EventFeed.Event: Equatable where Value: Equatable {}
extension EventFeed.Event: Hashable where Value: Hashable {}
