// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

@testable import SkyWay

/// A SkyWay without clock and network: one room with what it holds, and the rules by which one thing takes another along.
struct ModelledSkyWay {
    struct Forwarding {
        var origin: String
        var bot: String
        var transport: String
        var hasProducer = false
    }

    struct Publication {
        var publisher: String
        var kind: MediaKind
        var origin: String?
    }

    /// The room; `nil` while there is none.
    private(set) var channel: String?
    private(set) var version = 0
    private(set) var bots: Set<String> = []
    private(set) var members: Set<String> = []
    private(set) var publications: [String: Publication] = [:]
    private(set) var forwardings: [String: Forwarding] = [:]
    /// The transport of each member, and whether it works.
    private(set) var transports: [String: (member: String, works: Bool)] = [:]
    /// Events that were not told yet.
    var events: [ChannelEvent] = []
    private var count = 0

    private mutating func name(_ prefix: String) -> String {
        count += 1
        return "\(prefix)\(count)"
    }

    private mutating func tell(_ change: ChannelEvent.Change) {
        guard let channel else { return }
        version += 1
        events.append(ChannelEvent(channelID: channel, version: version, change: change))
    }

    var snapshot: ChannelSnapshot? {
        guard let channel else { return nil }
        return ChannelSnapshot(
            id: channel,
            name: "studio",
            metadata: nil,
            version: version,
            members: bots.sorted().map(Self.bot) + members.sorted().map(Self.person),
            publications: publications.keys.sorted().compactMap { publication($0) },
            subscriptions: []
        )
    }

    private static func bot(_ id: String) -> ChannelMember {
        ChannelMember(id: id, name: nil, type: "bot", subtype: "sfu", metadata: nil)
    }

    private static func person(_ id: String) -> ChannelMember {
        ChannelMember(id: id, name: "gateway", type: "person", subtype: "person", metadata: nil)
    }

    private func publication(_ id: String) -> ChannelPublication? {
        publications[id].map {
            ChannelPublication(
                id: id,
                publisherID: $0.publisher,
                origin: $0.origin,
                contentType: $0.kind.rawValue,
                type: "sfu",
                metadata: nil,
                isEnabled: true
            )
        }
    }

    // MARK: Calls

    mutating func findOrCreate() {
        guard channel == nil else { return }
        channel = name("C")
        version = 0
    }

    mutating func makeBot() throws(SkyWayError) -> String {
        try needChannel(.sfu)
        let id = name("B")
        bots.insert(id)
        tell(.memberAdded(Self.bot(id)))
        return id
    }

    mutating func join() throws(SkyWayError) -> String {
        try needChannel(.rtcAPI)
        guard members.isEmpty else { throw SkyWayError(.memberNameTaken, .rtcAPI) }
        let id = name("M")
        members.insert(id)
        tell(.memberAdded(Self.person(id)))
        return id
    }

    mutating func publish(_ kind: MediaKind, by member: String) throws(SkyWayError) -> String {
        guard members.contains(member) else { throw SkyWayError(.serviceFailure, .rtcAPI) }
        let id = name("P")
        publications[id] = Publication(publisher: member, kind: kind)
        if let publication = publication(id) { tell(.streamPublished(publication)) }
        return id
    }

    /// A forwarding, and whether its transport is a new one.
    mutating func forward(_ origin: String, by bot: String) throws(SkyWayError) -> (id: String, Forwarding, isNew: Bool) {
        guard bots.contains(bot), let publication = publications[origin] else {
            throw SkyWayError(.sfuFailure, .sfu, status: 404)
        }
        guard !forwardings.values.contains(where: { $0.origin == origin }) else {
            throw SkyWayError(.invalidRequest, .sfu, status: 400)
        }
        let known = transports.first { $0.value.member == publication.publisher }?.key
        let transport = known ?? name("T")
        if known == nil { transports[transport] = (publication.publisher, true) }
        let id = name("F")
        let forwarding = Forwarding(origin: origin, bot: bot, transport: transport)
        forwardings[id] = forwarding
        publications[id] = Publication(publisher: bot, kind: publication.kind, origin: origin)
        if let relay = self.publication(id) { tell(.streamPublished(relay)) }
        return (id, forwarding, known == nil)
    }

    mutating func produce(on id: String) throws(SkyWayError) {
        guard let forwarding = forwardings[id], transports[forwarding.transport] != nil else {
            throw SkyWayError(.sfuFailure, .sfu, status: 404)
        }
        guard !forwarding.hasProducer else { throw SkyWayError(.invalidRequest, .sfu, status: 400) }
        forwardings[id]?.hasProducer = true
    }

    private func needChannel(_ service: SkyWayError.Service) throws(SkyWayError) {
        if channel != nil { return }
        if service == .sfu { throw SkyWayError(.sfuFailure, .sfu, status: 404) }
        throw SkyWayError(.channelNotFound, service)
    }

    // MARK: Losses

    mutating func removeForwarding(_ id: String) {
        guard forwardings.removeValue(forKey: id) != nil else { return }
        publications[id] = nil
        tell(.streamUnpublished(id: id))
    }

    mutating func unpublish(_ id: String) {
        for (forwarding, _) in forwardings.filter({ $0.value.origin == id }) { removeForwarding(forwarding) }
        guard publications.removeValue(forKey: id) != nil else { return }
        tell(.streamUnpublished(id: id))
    }

    mutating func removeMember(_ id: String) {
        for (publication, _) in publications.filter({ $0.value.publisher == id }) { unpublish(publication) }
        for (forwarding, _) in forwardings.filter({ $0.value.bot == id }) { removeForwarding(forwarding) }
        transports = transports.filter { $0.value.member != id }
        guard members.remove(id) != nil || bots.remove(id) != nil else { return }
        tell(.memberRemoved(id: id))
    }

    /// The transports do not work any more; whether the SFU knows that is another matter.
    mutating func breakTransports(forgetting: Bool) {
        for id in transports.keys { transports[id]?.works = false }
        if forgetting { transports = [:] }
    }

    mutating func deleteChannel() {
        tell(.channelDeleted)
        forget()
    }

    /// All is gone, and nobody is told.
    mutating func restart() {
        events = []
        forget()
    }

    private mutating func forget() {
        channel = nil
        (bots, members, publications, forwardings, transports) = ([], [], [:], [:], [:])
    }
}
