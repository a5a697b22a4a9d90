// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// What happens on a server, for readers of `/local/events`: the last events, and each new one as it comes.
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

    /// What happened.
    struct Happening: Hashable, Sendable {
        let kind: Kind
        /// A JSON document on one line.
        let data: String
    }

    /// How many events are remembered.
    static let memory = 1024
    /// How many readers there may be.
    static let maximumReaders = 32

    private let feed = EventFeed<Happening>(memory: memory, maximumReaders: maximumReaders)

    /// Tells an event.
    func publish(_ kind: Kind, _ document: [String: JSONValue]) { publish(kind, JSONText.encode(document)) }

    /// Tells an event whose document is written already.
    func publish(_ kind: Kind, _ data: String) { feed.publish(Happening(kind: kind, data: data)) }

    /// Lets a reader in.
    ///
    /// - Parameter last: the id of the last event it has; nil for a reader that has none and wants none repeated.
    /// - Returns: what it gets; nil when there are too many readers.
    func subscribe(after last: Int?) -> EventFeed<Happening>.Subscription? { feed.subscribe(after: last) }
}
