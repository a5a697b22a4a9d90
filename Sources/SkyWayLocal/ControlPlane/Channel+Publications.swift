// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a stream is published with.
struct NewPublication: Hashable, Sendable {
    var publisherID: String
    var contentType: ContentType
    var originID: String?
    var metadata: String?
    var codecCapabilities: [CodecCapability] = []
    var encodings: [Encoding] = []
    var isEnabled = true
    /// `p2p` where a client does not say (protocol page §2.4).
    var type = PublicationType.p2p
}

extension Channel {
    /// Publishes a stream.
    ///
    /// - Parameters:
    ///   - new: what.
    ///   - id: the id it gets.
    /// - Returns: `StreamPublished`.
    /// - Throws: when publisher or origin are unknown, the origin is a relay or a limit is met.
    @discardableResult
    mutating func publish(_ new: NewPublication, id: String) throws(ChannelError) -> [ChannelEvent] {
        let publisher = try member(new.publisherID)
        if let originID = new.originID, try publication(originID).originID != nil { throw .nestedTooMuch }
        guard publications.count < limits.publications else { throw .limitExceeded(.publications) }
        let own = publications.count { $0.publisherID == publisher.id }
        guard publisher.kind == .bot || own < limits.publicationsOfMember else {
            throw .limitExceeded(.publicationsOfMember)
        }
        let publication = Publication(
            id: id,
            publisherID: publisher.id,
            originID: new.originID,
            contentType: new.contentType,
            metadata: new.metadata,
            codecCapabilities: new.codecCapabilities,
            encodings: new.encodings,
            isEnabled: new.isEnabled,
            type: new.type
        )
        publications.append(publication)
        return [record(.streamPublished(publication))]
    }

    /// Lets a bot relay a publication: it subscribes to the origin, then publishes the relay.
    ///
    /// In this order, because the SDK looks for the bot's subscription when the relay appears, without checking that
    /// there is one (protocol page §3.3 (6)).
    ///
    /// - Parameters:
    ///   - originID: the publication to relay.
    ///   - botID: the bot.
    ///   - relayID: the id the relay gets.
    ///   - subscriptionID: the id the bot's subscription gets.
    /// - Returns: `StreamSubscribed` (bot → origin) and `StreamPublished` (relay).
    /// - Throws: when one of them is unknown, or the bot relays the origin already.
    @discardableResult
    mutating func relay(
        _ originID: String,
        by botID: String,
        relayID: String,
        subscriptionID: String
    ) throws(ChannelError) -> [ChannelEvent] {
        let origin = try publication(originID)
        guard origin.originID == nil else { throw .nestedTooMuch }
        guard publications.count < limits.publications else { throw .limitExceeded(.publications) }
        let subscribed = try subscribe(botID, to: originID, id: subscriptionID)
        let relay = NewPublication(
            publisherID: botID,
            contentType: origin.contentType,
            originID: originID,
            isEnabled: origin.isEnabled,
            type: origin.type
        )
        return subscribed + (try publish(relay, id: relayID))
    }

    /// Takes a publication back, its relays before it.
    @discardableResult
    mutating func unpublish(_ publicationID: String) throws(ChannelError) -> [ChannelEvent] {
        withdraw(try publication(publicationID))
    }

    /// Replaces a publication's metadata; a relay's are read from its origin (protocol page §3.7).
    @discardableResult
    mutating func updateMetadata(
        _ metadata: String,
        ofPublication publicationID: String
    ) throws(ChannelError) -> [ChannelEvent] {
        guard let index = publications.firstIndex(where: { $0.id == publicationID }) else { throw .publicationNotFound }
        publications[index].metadata = metadata
        return [record(.publicationMetadataUpdated(publications[index]))]
    }

    /// Enables or disables a publication, then its relays, each with an event of its own (protocol page §3.7).
    ///
    /// The event comes even if nothing changes: the SDK waits for it without a time limit (protocol page §2.6).
    @discardableResult
    mutating func setEnabled(_ isEnabled: Bool, _ publicationID: String) throws(ChannelError) -> [ChannelEvent] {
        _ = try publication(publicationID)
        var events: [ChannelEvent] = []
        for index in publications.indices
        where publications[index].id == publicationID || publications[index].originID == publicationID {
            publications[index].isEnabled = isEnabled
            let publication = publications[index]
            events.append(record(isEnabled ? .publicationEnabled(publication) : .publicationDisabled(publication)))
        }
        return events
    }

    mutating func withdraw(_ publication: Publication) -> [ChannelEvent] {
        guard publications.contains(where: { $0.id == publication.id }) else { return [] }
        var events: [ChannelEvent] = []
        for relay in publications where relay.originID == publication.id {
            events += withdraw(relay)
        }
        events += unsubscribeAll { $0.publicationID == publication.id }
        publications.removeAll { $0.id == publication.id }
        events.append(record(.streamUnpublished(publication)))
        if let originID = publication.originID, (try? member(publication.publisherID))?.kind == .bot {
            events += unsubscribeAll {
                $0.publicationID == originID && $0.subscriberID == publication.publisherID
            }
        }
        return events
    }
}
