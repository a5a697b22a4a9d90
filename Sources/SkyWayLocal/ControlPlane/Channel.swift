// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A channel: who is in it, what is published and subscribed, and everything that ever happened to it.
///
/// A pure value. Every mutation appends to ``history`` and returns what it appended, so that versions are contiguous
/// by construction and an event can never be told without having happened (protocol page §2.6). Cascades run in the
/// order the SDK's handlers look things up: subscriptions before their publication, a relay before its origin, a
/// member last.
struct Channel: Sendable {
    let id: String
    let appID: String
    /// Unique in the application where there is one.
    let name: String?
    var limits: ChannelLimits
    var metadata: String?
    /// In the order they joined.
    var members: [Member] = []
    /// In the order they were published: an origin always stands before its relays (protocol page §2.5).
    var publications: [Publication] = []
    /// In the order they were made.
    var subscriptions: [Subscription] = []
    /// Every event from version 0 on, replayed from any offset; of a long life the last part only.
    private(set) var history: [ChannelEvent] = []
    /// How many events have been dropped from the history.
    private var forgottenEvents = 0
    /// About how many bytes the history keeps alive.
    private var historyBytes = 0
    /// Whether the channel has been deleted; nothing happens in it any more.
    private(set) var isDeleted = false

    /// Makes a channel, whose history starts with `ChannelCreated`, version 0.
    ///
    /// - Parameters:
    ///   - id: its id.
    ///   - appID: the application it belongs to.
    ///   - name: its name, if it has one.
    ///   - metadata: its metadata, if it has any.
    ///   - limits: how much it may hold.
    init(id: String, appID: String, name: String?, metadata: String?, limits: ChannelLimits = ChannelLimits()) {
        self.id = id
        self.appID = appID
        self.name = name
        self.metadata = metadata
        self.limits = limits
        record(.channelCreated)
    }

    /// The version of the last event.
    var version: Int { forgottenEvents + history.count - 1 }

    /// What a token's scope sees of the channel.
    var target: ScopeTarget { ScopeTarget(id: id, name: name) }

    /// The events from a version on, that version included (protocol page §2.6).
    func events(from offset: Int) -> ArraySlice<ChannelEvent> {
        history.dropFirst(max(0, offset - forgottenEvents))
    }

    /// Replaces the channel's metadata.
    @discardableResult
    mutating func updateMetadata(_ metadata: String) -> [ChannelEvent] {
        self.metadata = metadata
        return [record(.channelMetadataUpdated)]
    }

    /// Empties the channel in cascade order and ends it.
    @discardableResult
    mutating func delete() -> [ChannelEvent] {
        var events: [ChannelEvent] = []
        // Persons first: with them go their origins and thereby the bots' relays.
        for member in members.filter({ $0.kind == .person }) + members.filter({ $0.kind == .bot }) {
            events += remove(member)
        }
        events.append(record(.channelDeleted))
        isDeleted = true
        return events
    }

    /// Appends an event with the next version.
    @discardableResult
    mutating func record(_ change: ChannelEvent.Change) -> ChannelEvent {
        let event = ChannelEvent(version: version + 1, channelMetadata: metadata, change: change)
        history.append(event)
        historyBytes += event.size
        if history.count > Self.maximumEvents || historyBytes > Self.maximumHistoryBytes { forgetHalf() }
        return event
    }

    /// The most events that are kept.
    static let maximumEvents = 65_536
    /// The most bytes that they keep alive.
    static let maximumHistoryBytes = 16 << 20

    /// Drops the older half of the history, so that what a client writes over and over does not pile up.
    private mutating func forgetHalf() {
        let count = history.count / 2
        historyBytes -= history.prefix(count).reduce(0) { $0 + $1.size }
        history.removeFirst(count)
        forgottenEvents += count
    }

    /// A member by its id.
    func member(_ id: String) throws(ChannelError) -> Member {
        guard let member = members.first(where: { $0.id == id }) else { throw .memberNotFound }
        return member
    }

    /// A publication by its id.
    func publication(_ id: String) throws(ChannelError) -> Publication {
        guard let publication = publications.first(where: { $0.id == id }) else { throw .publicationNotFound }
        return publication
    }

    /// A subscription by its id.
    func subscription(_ id: String) throws(ChannelError) -> Subscription {
        guard let subscription = subscriptions.first(where: { $0.id == id }) else { throw .subscriptionNotFound }
        return subscription
    }
}
