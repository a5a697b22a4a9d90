// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// What `GET /local/state` answers: everything there is, at one moment of each part.
struct StateDocument: Encodable {
    /// Milliseconds since 1970, by the server's clock.
    let time: Int64
    /// How far that clock is off on purpose, in milliseconds.
    let skew: Int64
    let connections: [Connection]
    let channels: [Channel]
    let transports: [Transport]
    /// The faults in force, as `GET /local/faults` lists them.
    let faults: [JSONValue]
    /// What clients have asked so far: `sockets`, `calls` of the RTC API and calls of the `rest` services.
    let traffic: [String: Traffic]

    /// How many there were, and the most in any second.
    struct Traffic: Encodable {
        let total: Int
        let peak: Int
    }

    /// A socket of the RTC API.
    struct Connection: Encodable {
        let id: Int
        let appId: String
        let contextId: String?
        let leavesWhenDisconnected: Bool
        /// The channels it gets events of.
        let channels: [String]
    }

    /// A channel.
    struct Channel: Encodable {
        let id: String
        let appId: String
        let name: String?
        let metadata: String?
        let version: Int
        let members: [Member]
        let publications: [Publication]
        let subscriptions: [Subscription]
        let forwardings: [Forwarding]
    }

    /// A person or a bot.
    struct Member: Encodable {
        let id: String
        let name: String?
        let type: SkyWayLocal.Member.Kind
        let subtype: String
        let metadata: String?
        /// Seconds until it is removed; absent for one that stays.
        let ttl: Int64?
    }

    /// A stream of a person, or a bot's relay of it.
    struct Publication: Encodable {
        let id: String
        let publisherId: String
        let origin: String?
        let contentType: ContentType
        let type: PublicationType
        let isEnabled: Bool
        let metadata: String?
        let encodings: [String]
    }

    /// A subscription.
    struct Subscription: Encodable {
        let id: String
        let publicationId: String
        let subscriberId: String
        let contentType: ContentType
        /// Whether the publisher has confirmed it; absent where nobody has to.
        let isConfirmed: Bool?
        /// The consumer that serves it.
        let consumerId: String?
    }

    /// A bot's relay through the SFU.
    struct Forwarding: Encodable {
        let id: String
        let botId: String
        let originId: String
        let publisherId: String
        let transportId: String
        let producerId: String?
        let maxSubscribers: Int
        let confirmed: Int
    }
}

extension ControlPlane {
    /// The sockets and channels of this moment.
    var stateDocuments: (connections: [StateDocument.Connection], channels: [StateDocument.Channel]) {
        let connections = connections.sorted { $0.key < $1.key }.map { id, connection in
            StateDocument.Connection(
                id: id,
                appId: connection.appID,
                contextId: connection.contextID,
                leavesWhenDisconnected: connection.leavesWhenDisconnected,
                channels: connection.channels.sorted()
            )
        }
        let channels = channels.values.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
        return (connections, channels.map(stateDocument))
    }

    private func stateDocument(_ channel: Channel) -> StateDocument.Channel {
        let now = clock.unixSeconds
        return StateDocument.Channel(
            id: channel.id,
            appId: channel.appID,
            name: channel.name,
            metadata: channel.metadata,
            version: channel.version,
            members: channel.members.map { StateDocument.Member($0, now: now) },
            publications: channel.publications.map(StateDocument.Publication.init),
            subscriptions: channel.subscriptions.map {
                StateDocument.Subscription($0, forwarding: forwardings[$0.publicationID])
            },
            forwardings: channel.publications.compactMap { forwardings[$0.id] }.map(StateDocument.Forwarding.init)
        )
    }
}

extension StateDocument.Member {
    fileprivate init(_ member: Member, now: Int64) {
        self.init(
            id: member.id,
            name: member.name,
            type: member.kind,
            subtype: member.subtype,
            metadata: member.metadata,
            ttl: member.expiresAt.map { $0 - now }
        )
    }
}

extension StateDocument.Publication {
    fileprivate init(_ publication: Publication) {
        self.init(
            id: publication.id,
            publisherId: publication.publisherID,
            origin: publication.originID,
            contentType: publication.contentType,
            type: publication.type,
            isEnabled: publication.isEnabled,
            metadata: publication.metadata,
            encodings: publication.encodings.map(\.id)
        )
    }
}

extension StateDocument.Subscription {
    fileprivate init(_ subscription: Subscription, forwarding: Forwarding?) {
        self.init(
            id: subscription.id,
            publicationId: subscription.publicationID,
            subscriberId: subscription.subscriberID,
            contentType: subscription.contentType,
            isConfirmed: forwarding?.confirmed.contains(subscription.id),
            consumerId: forwarding?.consumer(of: subscription.id)
        )
    }
}

extension StateDocument.Forwarding {
    fileprivate init(_ forwarding: Forwarding) {
        self.init(
            id: forwarding.id,
            botId: forwarding.botID,
            originId: forwarding.originID,
            publisherId: forwarding.publisherID,
            transportId: forwarding.transportID,
            producerId: forwarding.producer?.id,
            maxSubscribers: forwarding.maximumSubscribers,
            confirmed: forwarding.confirmed.count
        )
    }
}
