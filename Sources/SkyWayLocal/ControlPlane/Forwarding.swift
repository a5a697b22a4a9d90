// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A bot's relay of one publication through the SFU (protocol page §3.3).
struct Forwarding: Sendable {
    /// What arrives from the publisher.
    struct Producer: Hashable, Sendable {
        let id: String
        /// What it was asked for with; the same request again gets the same producer.
        let request: ProducerOptions
    }

    /// The forwarding's id, which is that of the relay publication.
    let id: String
    let botID: String
    let channelID: String
    let originID: String
    let publisherID: String
    let contentType: ContentType
    /// How many subscribers it serves at a time.
    let maximumSubscribers: Int
    /// What the publisher proves with that it wants a subscriber served; each forwarding has its own.
    let identifierKey: String
    /// The transport the publisher sends on.
    let transportID: String
    var producer: Producer?
    /// The subscriptions the publisher has confirmed (protocol page §3.4).
    private(set) var confirmed: Set<String> = []
    /// The consumers by subscription; without an id while one is being made.
    private var consumers: [String: String?] = [:]

    /// Makes a forwarding nobody consumes yet.
    init(_ plan: ForwardingPlan, transportID: String) {
        id = plan.id
        botID = plan.botID
        channelID = plan.channelID
        originID = plan.originID
        publisherID = plan.publisherID
        contentType = plan.contentType
        maximumSubscribers = plan.maximumSubscribers
        identifierKey = Identifier.make()
        self.transportID = transportID
    }

    /// Lets a subscription be served; the memory is bounded by what a channel may hold.
    mutating func confirm(_ subscriptionID: String, limit: Int) {
        if confirmed.count < limit { confirmed.insert(subscriptionID) }
    }

    /// The consumer that serves a subscription.
    func consumer(of subscriptionID: String) -> String? { consumers[subscriptionID] ?? nil }

    /// Takes a subscriber's place, if there is one left or the subscription has it already.
    mutating func reserve(_ subscriptionID: String) -> Bool {
        if consumers[subscriptionID] != nil { return true }
        guard consumers.count < maximumSubscribers else { return false }
        consumers[subscriptionID] = .some(nil)
        return true
    }

    /// Puts a consumer on the place its subscription has taken.
    ///
    /// - Returns: whether the place is still taken.
    mutating func occupy(_ subscriptionID: String, consumerID: String) -> Bool {
        guard consumers[subscriptionID] != nil else { return false }
        consumers[subscriptionID] = consumerID
        return true
    }

    /// Frees a subscription's place.
    ///
    /// - Returns: the consumer that was on it.
    @discardableResult
    mutating func vacate(_ subscriptionID: String) -> String? {
        consumers.removeValue(forKey: subscriptionID) ?? nil
    }

    /// Forgets a subscription that has ended.
    ///
    /// - Returns: the consumer it had.
    mutating func forget(_ subscriptionID: String) -> String? {
        confirmed.remove(subscriptionID)
        return vacate(subscriptionID)
    }
}

/// A forwarding that has been allowed and still needs its transport.
struct ForwardingPlan: Hashable, Sendable {
    let id: String
    let botID: String
    let channelID: String
    let originID: String
    let publisherID: String
    let contentType: ContentType
    let maximumSubscribers: Int
}
