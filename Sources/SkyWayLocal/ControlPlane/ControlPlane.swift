// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Every channel of this server, who listens to them, and what their bots forward.
///
/// One actor holds it all, so that a request, the events it causes and the replay of a late listener never
/// interleave. Nothing in it waits: what takes time (tokens, media) is done around it.
actor ControlPlane {
    /// How much there may be, unless a fault says otherwise.
    let ordinaryLimits: LocalLimits
    /// How much each channel may hold.
    var limits: ChannelLimits
    /// What all may use together.
    var usage: UsageLimits
    let faults: LocalFaults
    let feed: StateFeed
    let clock: ServerClock
    var channels: [String: Channel] = [:]
    var channelIDs: [ChannelName: String] = [:]
    var connections: [Int: Connection] = [:]
    /// How many sockets have been opened, those refused included.
    var nextConnectionID = 0
    var memory = RequestMemory()
    /// The forwardings by the id of their relay.
    var forwardings: [String: Forwarding] = [:]
    /// The members that watch by WHEP, by the id of their session.
    var viewers: [String: Viewer] = [:]
    /// Who waits for a forwarding to change.
    var forwardingListeners: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextListenerID = 0

    /// What the SFU has to end because channels changed, in order.
    nonisolated let endings: AsyncStream<SFUEnding>
    private let endingsContinuation: AsyncStream<SFUEnding>.Continuation

    /// Makes a server without channels.
    ///
    /// - Parameters:
    ///   - limits: how much each channel may hold.
    ///   - usage: what all may use together.
    ///   - clock: the server's clock.
    ///   - faults: what may go wrong on purpose.
    ///   - feed: who is told what happens.
    init(
        limits: ChannelLimits = ChannelLimits(),
        usage: UsageLimits = UsageLimits(),
        clock: ServerClock,
        faults: LocalFaults? = nil,
        feed: StateFeed = StateFeed()
    ) {
        let faults = faults ?? LocalFaults(clock: clock, feed: feed)
        self.limits = limits
        self.usage = usage
        ordinaryLimits = LocalLimits(channel: limits, usage: usage)
        self.faults = faults
        self.feed = feed
        self.clock = clock
        (endings, endingsContinuation) = AsyncStream.makeStream()
    }

    /// A channel of an application.
    func channel(_ id: String, appID: String) throws(RPCError) -> Channel {
        guard let channel = channels[id], channel.appID == appID else { throw .channelNotFound }
        return channel
    }

    /// Changes a channel, tells everybody who listens and ends what the change has ended.
    ///
    /// - Parameters:
    ///   - id: the channel, which must exist.
    ///   - change: the mutation.
    /// - Returns: the events of the mutation.
    /// - Throws: what the mutation throws; the channel is then unchanged.
    @discardableResult
    func change(
        _ id: String,
        _ change: (inout Channel) throws(ChannelError) -> [ChannelEvent]
    ) throws(ChannelError) -> [ChannelEvent] {
        guard var channel = channels.removeValue(forKey: id) else { return [] }
        let events: [ChannelEvent]
        do {
            events = try change(&channel)
        } catch {
            channels[id] = channel
            throw error
        }
        channels[id] = channel
        tell(events, of: channel)
        for event in events { follow(event, in: channel) }
        if channel.isDeleted { forget(channel) }
        removeIdleViewers(after: events, in: channel)
        return events
    }

    /// Removes members whose time to live has passed (protocol page §2.9).
    func expireMembers() {
        let now = clock.unixSeconds
        for id in channels.keys {
            _ = try? change(id) { channel throws(ChannelError) in channel.expireMembers(now: now) }
        }
    }

    /// Registers a channel under its id and name.
    func keep(_ channel: Channel) {
        channels[channel.id] = channel
        if let name = channel.name { channelIDs[ChannelName(appID: channel.appID, name: name)] = channel.id }
        for event in channel.events(from: 0) {
            feed.publish(.channel, JSONText.encode(ChannelEventDocument(event, of: channel)))
        }
    }

    private func forget(_ channel: Channel) {
        channels[channel.id] = nil
        if let name = channel.name { channelIDs[ChannelName(appID: channel.appID, name: name)] = nil }
        for id in connections.keys { connections[id]?.channels.remove(channel.id) }
    }

    /// Carries an event over to the SFU.
    private func follow(_ event: ChannelEvent, in channel: Channel) {
        switch event.change {
        case .streamUnpublished(let publication):
            if let forwarding = forwardings.removeValue(forKey: publication.id) {
                if let producer = forwarding.producer { endingsContinuation.yield(.producer(producer.id)) }
                wakeForwardingListeners()
            }
        case .streamUnsubscribed(let subscription, _):
            guard let consumer = forwardings[subscription.publicationID]?.forget(subscription.id) else { break }
            endingsContinuation.yield(.consumer(consumer))
        case .memberRemoved(let member):
            forgetViewer(member.id)
            endingsContinuation.yield(.transports(memberID: member.id))
        default:
            break
        }
    }
}

/// The name of a channel, unique in its application.
struct ChannelName: Hashable, Sendable {
    let appID: String
    let name: String
}

/// Something of the SFU's that has lost its reason to be.
enum SFUEnding: Hashable, Sendable {
    case producer(String)
    case consumer(String)
    case transports(memberID: String)
}
