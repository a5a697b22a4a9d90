// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Channel {
    /// Subscribes a member to a publication.
    ///
    /// - Parameters:
    ///   - subscriberID: the member.
    ///   - publicationID: the publication.
    ///   - id: the id the subscription gets.
    /// - Returns: `StreamSubscribed`.
    /// - Throws: when one of them is unknown, the subscription exists or a limit is met.
    @discardableResult
    mutating func subscribe(
        _ subscriberID: String,
        to publicationID: String,
        id: String
    ) throws(ChannelError) -> [ChannelEvent] {
        let subscriber = try member(subscriberID)
        let publication = try publication(publicationID)
        let own = subscriptions.filter { $0.subscriberID == subscriberID }
        guard !own.contains(where: { $0.publicationID == publicationID }) else { throw .alreadySubscribed }
        guard subscriptions.count < limits.subscriptions else { throw .limitExceeded(.subscriptions) }
        guard subscriber.kind == .bot || own.count < limits.subscriptionsOfMember else {
            throw .limitExceeded(.subscriptionsOfMember)
        }
        guard subscriptions.count(where: { $0.publicationID == publicationID }) < limits.subscriptionsToPublication
        else { throw .limitExceeded(.subscriptionsToPublication) }
        let subscription = Subscription(
            id: id,
            publicationID: publicationID,
            publisherID: publication.publisherID,
            subscriberID: subscriberID,
            contentType: publication.contentType
        )
        subscriptions.append(subscription)
        return [record(.streamSubscribed(subscription, publication))]
    }

    /// Ends a subscription.
    @discardableResult
    mutating func unsubscribe(_ subscriptionID: String) throws(ChannelError) -> [ChannelEvent] {
        let subscription = try subscription(subscriptionID)
        return unsubscribeAll { $0.id == subscription.id }
    }

    mutating func unsubscribeAll(where condition: (Subscription) -> Bool) -> [ChannelEvent] {
        var events: [ChannelEvent] = []
        for subscription in subscriptions where condition(subscription) {
            subscriptions.removeAll { $0.id == subscription.id }
            // A subscription never outlives its publication, so there always is one to name.
            if let publication = publications.first(where: { $0.id == subscription.publicationID }) {
                events.append(record(.streamUnsubscribed(subscription, publication)))
            }
        }
        return events
    }
}
