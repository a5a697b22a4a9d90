// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// A subscription that may be served now.
struct Consumable: Hashable, Sendable {
    let forwardingID: String
    let subscriptionID: String
    let subscriberID: String
    let channelID: String
    let producerID: String
    /// The consumer that serves it already.
    let consumerID: String?
}

/// Producers, confirmations and subscribers' places (protocol page §§3.4, 3.5).
extension ControlPlane {
    /// Puts a producer on its forwarding.
    ///
    /// - Returns: whether the forwarding still exists and had none.
    func attach(_ producer: Forwarding.Producer, to forwardingID: String) -> Bool {
        guard let forwarding = forwardings[forwardingID], forwarding.producer == nil else { return false }
        forwardings[forwardingID]?.producer = producer
        wakeForwardingListeners()
        return true
    }

    /// Confirms a subscription, at any time after the forwarding has started (protocol page §3.4).
    func confirm(_ body: SFUBodies.ConfirmSubscription, token: AuthToken) throws(SFUAPIError) {
        guard let forwarding = forwardings[body.forwardingId],
            channels[forwarding.channelID]?.appID == token.appID
        else { throw .notFound("forwarding") }
        guard forwarding.identifierKey == body.identifierKey else { throw .wrongIdentifierKey }
        forwardings[body.forwardingId]?.confirm(body.subscriptionId, limit: limits.subscriptions)
        wakeForwardingListeners()
    }

    /// Waits until a subscription is confirmed and there is something to consume, and takes a subscriber's place.
    ///
    /// - Parameters:
    ///   - body: the request.
    ///   - forwardingID: the forwarding.
    ///   - botID: its bot.
    ///   - token: the caller's token.
    ///   - patience: how long to wait (protocol page §9, 6).
    /// - Returns: what may be consumed.
    /// - Throws: 403 while not confirmed, 404 while nothing is produced, 429 when all places are taken.
    func waitForConsumable(
        _ body: SFUBodies.CreateConsumer,
        forwardingID: String,
        botID: String,
        token: AuthToken,
        patience: Duration
    ) async throws(SFUAPIError) -> Consumable {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        nextListenerID += 1
        let listenerID = nextListenerID
        forwardingListeners[listenerID] = continuation
        let clock = clock
        let timer = Task {
            try? await clock.sleep(for: patience)
            continuation.finish()
        }
        defer {
            timer.cancel()
            forwardingListeners[listenerID] = nil
        }
        var iterator = changes.makeAsyncIterator()
        while true {
            switch try consumable(body, forwardingID: forwardingID, botID: botID, token: token) {
            case .ready(let consumable): return consumable
            case .missing(let error): if await iterator.next(isolation: self) == nil { throw error }
            }
        }
    }

    /// Puts a consumer on the place taken for it.
    ///
    /// - Returns: whether the subscription still exists.
    func occupy(_ consumable: Consumable, consumerID: String) -> Bool {
        forwardings[consumable.forwardingID]?.occupy(consumable.subscriptionID, consumerID: consumerID) ?? false
    }

    /// Gives a place back that nothing came of.
    func release(_ consumable: Consumable) {
        forwardings[consumable.forwardingID]?.vacate(consumable.subscriptionID)
    }

    /// Wakes everybody who waits for a forwarding.
    func wakeForwardingListeners() {
        for listener in forwardingListeners.values { listener.yield() }
    }

    private enum Readiness {
        case ready(Consumable)
        /// Not yet; the error is the answer when it stays so.
        case missing(SFUAPIError)
    }

    private func consumable(
        _ body: SFUBodies.CreateConsumer,
        forwardingID: String,
        botID: String,
        token: AuthToken
    ) throws(SFUAPIError) -> Readiness {
        let forwarding = try forwarding(forwardingID, botID: botID, token: token)
        guard let channel = channels[forwarding.channelID] else { throw .notFound("channel") }
        let subscription = try inChannel { () throws(ChannelError) in
            try channel.subscription(body.subscriptionId)
        }
        guard subscription.publicationID == forwarding.id, subscription.subscriberID == body.subscriberId else {
            throw .notFound("subscription")
        }
        let subscriber = try inChannel { () throws(ChannelError) in try channel.member(subscription.subscriberID) }
        try require(.subscribe, in: channel, token, member: subscriber)
        guard forwarding.confirmed.contains(subscription.id) else {
            return .missing(.forbidden("The publisher has not confirmed this subscription."))
        }
        guard let producer = forwarding.producer else { return .missing(.notFound("producer yet")) }
        guard forwardings[forwardingID]?.reserve(subscription.id) == true else {
            throw SFUAPIError(.tooManyRequests, "The forwarding has all the subscribers it may have.")
        }
        return .ready(
            Consumable(
                forwardingID: forwarding.id,
                subscriptionID: subscription.id,
                subscriberID: subscriber.id,
                channelID: channel.id,
                producerID: producer.id,
                consumerID: forwarding.consumer(of: subscription.id)
            )
        )
    }
}
