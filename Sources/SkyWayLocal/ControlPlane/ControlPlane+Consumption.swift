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
        let forwarding = try forwarding(body.forwardingId, botID: nil, for: .startForwarding, token: token)
        guard forwarding.identifierKey == body.identifierKey else { throw .wrongIdentifierKey }
        guard Identifier.isUUID(body.subscriptionId) else { throw .badRequest("The subscriptionId is no id.") }
        forwardings[body.forwardingId]?.confirm(body.subscriptionId, limit: limits.subscriptions)
        wakeForwardingListeners()
    }

    /// Checks who asks for a consumer, and for what.
    ///
    /// - Parameters:
    ///   - body: the request.
    ///   - forwardingID: the forwarding.
    ///   - botID: its bot.
    ///   - token: the caller's token.
    /// - Throws: what the call is refused with.
    func authorizeConsumer(
        _ body: SFUBodies.CreateConsumer,
        forwardingID: String,
        botID: String,
        token: AuthToken
    ) throws(SFUAPIError) {
        let forwarding = try forwarding(forwardingID, botID: botID, for: .readChannel, token: token)
        guard let channel = channels[forwarding.channelID] else { throw .notFound("channel") }
        let subscription = try inChannel { () throws(ChannelError) in
            try channel.subscription(body.subscriptionId)
        }
        guard subscription.subscriberID == body.subscriberId else { throw .notFound("subscription") }
        let subscriber = try inChannel { () throws(ChannelError) in try channel.member(subscription.subscriberID) }
        try require(.subscribe, in: channel, token, member: subscriber)
    }

    /// Waits until a subscription is confirmed and there is something to consume, and takes a subscriber's place.
    ///
    /// - Parameters:
    ///   - subscriptionID: the subscription.
    ///   - forwardingID: the forwarding.
    ///   - patience: how long to wait (protocol page §9, 6).
    /// - Returns: what may be consumed.
    /// - Throws: 403 while not confirmed, 404 while nothing is produced, 429 when all places are taken.
    func waitForConsumable(
        _ subscriptionID: String,
        forwardingID: String,
        patience: Duration
    ) async throws(SFUAPIError) -> Consumable {
        try await waitForForwardings(patience: patience) { () throws(SFUAPIError) in
            try consumable(subscriptionID, forwardingID: forwardingID)
        }
    }

    /// Waits until a check of the forwardings succeeds.
    ///
    /// - Parameters:
    ///   - patience: how long to wait.
    ///   - check: looks at the forwardings, at once and after each change.
    /// - Returns: what the check gives.
    /// - Throws: what the check throws, at once, or what is missing in the end.
    func waitForForwardings<Value: Sendable>(
        patience: Duration,
        _ check: () throws(SFUAPIError) -> Readiness<Value>
    ) async throws(SFUAPIError) -> Value {
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
            switch try check() {
            case .ready(let value): return value
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

    private func consumable(
        _ subscriptionID: String,
        forwardingID: String
    ) throws(SFUAPIError) -> Readiness<Consumable> {
        guard let forwarding = forwardings[forwardingID], let channel = channels[forwarding.channelID] else {
            throw .notFound("forwarding")
        }
        let subscription = try inChannel { () throws(ChannelError) in try channel.subscription(subscriptionID) }
        guard subscription.publicationID == forwarding.id else { throw .notFound("subscription") }
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
                subscriberID: subscription.subscriberID,
                channelID: channel.id,
                producerID: producer.id,
                consumerID: forwarding.consumer(of: subscription.id)
            )
        )
    }
}

/// What a check of the forwardings finds.
enum Readiness<Value: Sendable>: Sendable {
    case ready(Value)
    /// Not yet; the error is the answer when it stays so.
    case missing(SFUAPIError)
}
