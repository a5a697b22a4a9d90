// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Synchronization

/// What happens on a server, for readers of `/local/events`: the last events, and each new one as it comes.
///
/// Bounded for all: a memory of so many events, so many readers, and a reader that falls behind is let go.
final class StateFeed: Sendable {
    /// What an event tells of.
    enum Kind: String, Sendable {
        /// An event of a channel, as its clients get it.
        case channel
        /// A transport was opened, changed or ended.
        case transport
        /// A socket of the RTC API was opened or has ended.
        case connection
        case faultSet = "fault-set"
        case faultCleared = "fault-cleared"
        /// A fault that is done at once was.
        case faultDone = "fault-done"
    }

    /// An event with its place in the order of all.
    struct Event: Hashable, Sendable {
        let id: Int
        let kind: Kind
        /// A JSON document on one line.
        let data: String
    }

    /// What a reader gets.
    struct Subscription: Sendable {
        /// What it has missed and is still known.
        let missed: [Event]
        /// Whether all that it has missed is among it.
        let isComplete: Bool
        /// What comes; ends when it has fallen behind.
        ///
        /// `nil` says that nothing has come for a while.
        let events: AsyncStream<Event?>
        /// Ends when it has fallen behind, whether or not it has read what came before.
        let fallen: AsyncStream<Never>
        fileprivate let reader: Reader

        /// Says that nothing has come for a while.
        func beat() { reader.events.yield(nil) }
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

    /// How many events are remembered.
    static let memory = 1024
    /// How many readers there may be.
    static let maximumReaders = 32
    /// How many events a reader may be behind.
    static let maximumBacklog = 256

    private struct State {
        var events: [Event] = []
        var nextID = 1
        var readers: [Int: Reader] = [:]
        var nextReader = 0
    }

    private let state = Mutex(State())

    /// Tells an event.
    func publish(_ kind: Kind, _ document: [String: JSONValue]) { publish(kind, JSONText.encode(document)) }

    /// Tells an event whose document is written already.
    func publish(_ kind: Kind, _ data: String) {
        let fallen = state.withLock { state in
            let event = Event(id: state.nextID, kind: kind, data: data)
            state.nextID += 1
            state.events.append(event)
            if state.events.count > Self.memory { state.events.removeFirst(state.events.count - Self.memory) }
            let fallen = state.readers.filter { !$0.value.take(event) }
            for id in fallen.keys { state.readers[id] = nil }
            return Array(fallen.values)
        }
        for reader in fallen { reader.finish() }
    }

    /// Lets a reader in.
    ///
    /// - Parameter last: the id of the last event it has; nil for a reader that has none and wants none repeated.
    /// - Returns: what it gets; nil when there are too many readers.
    func subscribe(after last: Int?) -> Subscription? {
        let (events, continuation) = AsyncStream.makeStream(
            of: Event?.self,
            bufferingPolicy: .bufferingOldest(Self.maximumBacklog)
        )
        let (fallen, fall) = AsyncStream.makeStream(of: Never.self)
        let reader = Reader(events: continuation, fallen: fall)
        let subscribed: (reader: Int, missed: [Event], isComplete: Bool)? = state.withLock { state in
            guard state.readers.count < Self.maximumReaders else { return nil }
            state.nextReader += 1
            state.readers[state.nextReader] = reader
            guard let last else { return (state.nextReader, [], true) }
            // An id of another life of the server says nothing about this one.
            let isKnown = last < state.nextID && last >= (state.events.first?.id ?? state.nextID) - 1
            let missed = last < state.nextID ? state.events.filter { $0.id > last } : state.events
            return (state.nextReader, missed, isKnown)
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

    /// How many readers there are.
    var readerCount: Int { state.withLock(\.readers.count) }
}
